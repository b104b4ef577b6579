import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch, decodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import type { CrashLoss, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import type { Log } from '../src/log.ts'
import { LogManager } from '../src/log-manager.ts'
import { batchOf, readAll } from './world.ts'

const WORLDS = 120
const LIVES = 6
const TRANSACTIONAL = 9

/** One record as it was appended: everything that the log should know of it. */
interface Letter {
  readonly value: string
  readonly epoch: number
  /** -1: none. */
  readonly producerId: number
  readonly sequence: number
  readonly marker: 'ABORT' | 'COMMIT' | null
}

/** What a log holds: letters by offset, from `start` on. */
interface Content {
  readonly start: number
  readonly letters: readonly (Letter | undefined)[]
}

/** As it can be seen in the log. */
function valueOf(letter: Letter | undefined): string | undefined {
  return letter?.marker === null ? letter.value : 'a marker'
}

/** What is known of producers when the log has these letters. */
function fold({ start, letters }: Content): {
  readonly sequences: ReadonlyMap<number, number>
  readonly aborted: readonly (readonly [first: number, last: number])[]
} {
  const sequences = new Map<number, number>()
  const aborted: (readonly [number, number])[] = []
  let open = -1
  for (const [offset, letter] of letters.entries()) {
    if (letter === undefined || offset < start) continue
    if (letter.marker !== null) {
      if (letter.marker === 'ABORT' && open >= 0) aborted.push([open, offset])
      open = -1
    } else if (letter.producerId >= 0) {
      sequences.set(letter.producerId, letter.sequence)
      if (letter.producerId === TRANSACTIONAL && open < 0) open = offset
    }
  }
  return { sequences, aborted }
}

/** One log that is cut again and again, through several lives of its broker. */
class CutWorld {
  readonly #sim: Simulation
  readonly #config: LogConfig
  #content: Content = { start: 0, letters: [] }
  /** What it was before a cut that has not come to its end. */
  #uncut: Content | null = null
  /** Everything before it was reported durable. */
  #flushed = 0
  #cuts = 0
  #epoch = 0
  #count = 0
  #isClean = false

  constructor(seed: number) {
    this.#sim = simulation({ seed })
    this.#config = {
      ...defaultLogConfig,
      messageTimestampAfterMaxMs: Infinity,
      segmentBytes: this.#pick([300, 600, 3_000]),
      indexIntervalBytes: 200,
      fileDeleteDelayMs: this.#pick([0, 20]),
      retentionMs: -1,
      preallocate: this.#pick([false, false, true]),
    }
  }

  async live(): Promise<void> {
    const sim = this.#sim
    sim.medium('a').delayMs = [0.05, this.#pick([0.5, 5])]
    const dies = sim.node('world').clock.sleep(this.#below(3) > 0 ? this.#below(150) : 100_000)
    this.#isClean = false
    await sim.run(() => Promise.race([this.#work(), dies]))
    if (this.#isClean) this.#flushed = this.#content.letters.length
    if (this.#below(5) === 0) sim.kill('a')
    else sim.crash('a', this.#pick<CrashLoss>(['all', 'later', 'some', 'sectors', 'none']))
  }

  async #work(): Promise<void> {
    const { clock, disk, random } = this.#sim.node('a')
    const manager = await LogManager.open({
      clock,
      disk,
      random,
      logger: silentLogger,
      directories: ['/data'],
      nodeId: 1,
      producerIdExpirationMs: Infinity,
      recoveryPointCheckpointIntervalMs: 5,
    })
    const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
    const config = this.#config
    const log = await manager.getOrCreate({ topic: 'orders', partition: 0, topicId, config })
    await this.#check(log)
    for (let left = this.#below(40); left > 0; left--) await this.#step(manager, log)
    if (this.#below(5) > 0) return
    await manager.close()
    this.#isClean = true
  }

  async #check(log: Log): Promise<void> {
    const uncut = this.#uncut
    const { logStartOffset: start, logEndOffset: end } = log
    assert.ok(end >= this.#flushed, `what was durable is there: ${end} of ${this.#flushed}`)
    // A cut that did not come to its end may have happened, or have left the log as it was.
    const couldBe = uncut === null ? [this.#content] : [this.#content, uncut]
    const held = await lettersIn(log)
    const content = couldBe.find(({ letters }) => {
      if (end > letters.length) return false
      const expected = letters.slice(start, end).map(valueOf)
      return expected.length === held.length && held.every((value, at) => value === expected[at])
    })
    assert.ok(content !== undefined, `offsets ${start} to ${end} hold what was appended`)
    // Where nothing was flushed, the first segment may be gone and an empty one after it be there.
    const isFlushed = this.#flushed > this.#content.start
    if (uncut === null && isFlushed) assert.equal(start, Math.min(content.start, end))
    // What a kill left of a cut is in the page cache only, until the next flush.
    if (uncut !== null) await log.flush()
    this.#content = { start, letters: content.letters.slice(0, end) }
    this.#uncut = null

    for (let offset = start; offset < end; offset++) {
      assert.equal(log.epochAt(offset), content.letters[offset]?.epoch, `epoch of ${offset}`)
    }
    if (uncut !== null) {
      // Producers of records before the log start offset may or may not be known.
      await this.#cut(log, { start: end, end }, () => log.truncateFullyAndStartAt(end))
      return
    }
    const { sequences, aborted } = fold(this.#content)
    for (const producerId of [1, 2, TRANSACTIONAL]) {
      const known = log.producers.get(producerId)?.lastSequence ?? -1
      assert.equal(known, sequences.get(producerId) ?? -1, `producer ${producerId}`)
    }
    const found = await log.abortedTransactions(start, end)
    assert.deepEqual(
      found.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]),
      aborted,
    )
  }

  async #step(manager: LogManager, log: Log): Promise<void> {
    const chance = this.#below(22)
    if (chance < 12) this.#append(log)
    else if (chance < 15) {
      const end = log.logEndOffset
      const cuts = this.#cuts
      const flushing = log.flush().then(() => {
        if (cuts === this.#cuts) this.#flushed = Math.max(this.#flushed, end)
      })
      if (this.#below(2) === 0) await flushing
    } else if (chance === 15) log.roll()
    else if (chance === 16) await manager.checkpoint()
    else if (chance < 19) {
      const most = this.#below(4) === 0 ? 100 : 8
      const offset = Math.max(log.logStartOffset, log.logEndOffset - this.#below(most))
      await this.#cut(log, { start: this.#content.start, end: offset }, () =>
        log.truncateTo(offset),
      )
    } else if (chance === 19 && this.#below(2) === 0) {
      const offset = this.#below(log.logEndOffset + 30)
      await this.#cut(log, { start: offset, end: offset }, () =>
        log.truncateFullyAndStartAt(offset),
      )
    } else await this.#sim.node('a').clock.sleep(this.#below(10))
  }

  #append(log: Log): void {
    const producerId = this.#pick([-1, 1, 2, TRANSACTIONAL, TRANSACTIONAL])
    const marker =
      producerId === TRANSACTIONAL && this.#below(3) === 0
        ? this.#pick(['ABORT', 'COMMIT'] as const)
        : null
    const value = `value-${this.#count++}`
    const sequence = (fold(this.#content).sequences.get(producerId) ?? -1) + 1
    const letter: Letter = { value, epoch: this.#epoch, producerId, sequence, marker }
    const producer = { producerId, producerEpoch: 0 }
    let batch: Buffer
    if (marker !== null) {
      const place = { baseOffset: 0, timestamp: 1_000 }
      batch = encodeEndTransactionMarker({ type: marker, coordinatorEpoch: 0 }, producer, place)
    } else {
      const padded = value + ' '.repeat(this.#below(100))
      const isTransactional = producerId === TRANSACTIONAL
      const input = { ...producer, baseSequence: sequence, isTransactional }
      batch = batchOf([padded], producerId === -1 ? {} : input)
    }
    const origin = marker === null ? 'client' : 'coordinator'
    const { baseOffset } = log.appendAsLeader(batch, { leaderEpoch: this.#epoch, origin })
    assert.equal(baseOffset, this.#content.letters.length)
    const { start, letters } = this.#content
    this.#content = { start, letters: [...letters, letter] }
  }

  /** Once it has resolved, what was cut off is gone for good: no checkpoint is asked for. */
  async #cut(
    log: Log,
    { start, end }: { readonly start: number; readonly end: number },
    cut: () => Promise<void>,
  ): Promise<void> {
    const { letters } = this.#content
    this.#cuts++
    this.#uncut = this.#content
    // A restart keeps nothing: until it is done any beginning of what there was may be left.
    const isRestart = start === end
    const flushedBefore = this.#flushed
    this.#flushed = isRestart ? 0 : Math.min(flushedBefore, end)
    const kept = letters.slice(0, end)
    kept.length = end
    this.#content = { start, letters: kept }
    await cut()
    this.#uncut = null
    if (isRestart) this.#flushed = end
    assert.equal(log.logEndOffset, end)
    // Whoever leads next does so in a new epoch; sometimes in the one that has been.
    if (this.#below(2) === 0) this.#epoch++
  }

  #below(bound: number): number {
    return this.#sim.random.int(bound)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }
}

/** Values in the order of their offsets, which are checked and are without a hole. */
async function lettersIn(log: Log): Promise<string[]> {
  const bytes = await readAll(log, log.logStartOffset)
  const found: string[] = []
  for (let at = 0; at < bytes.length; at += checkBatch(bytes, at, bytes.length)) {
    const { isControl, records } = decodeBatch(bytes, at)
    for (const { value, offset } of records) {
      if (offset < log.logStartOffset) continue
      assert.equal(offset, log.logStartOffset + found.length, 'no hole')
      found.push(isControl ? 'a marker' : String(value).trimEnd())
    }
  }
  return found
}

test('what was cut off never comes back, and nothing before it goes, whenever the power does', async () => {
  for (let seed = 1; seed <= WORLDS; seed++) {
    const world = new CutWorld(seed)
    try {
      for (let life = 0; life < LIVES; life++) await world.live()
    } catch (error) {
      throw new Error(`in the world of seed ${seed}`, { cause: error })
    }
  }
})
