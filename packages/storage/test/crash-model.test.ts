import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch, decodeBatch } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import type { CrashLoss, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import type { Log } from '../src/log.ts'
import { LogManager } from '../src/log-manager.ts'
import { append, batchOf, readAll } from './world.ts'

const WORLDS = 100
const LIVES = 8

/** One log through several lives of its broker, and what must be in it after each. */
class CrashWorld {
  readonly #sim: Simulation
  readonly #config: LogConfig
  readonly #valueBytesMax: number
  /** Value by offset: what was appended and not cut. */
  #values: string[] = []
  /** What it was before a cut that may not have come to its end. */
  #uncut: string[] | null = null
  /** Everything before it was reported durable. */
  #flushed = 0
  #deleted = 0
  #cuts = 0
  #count = 0
  #isClean = false

  constructor(seed: number) {
    this.#sim = simulation({ seed })
    const segmentBytes = this.#pick([600, 3_000, 9_000, 30_000])
    this.#config = {
      ...defaultLogConfig,
      messageTimestampAfterMaxMs: Infinity,
      segmentBytes,
      indexIntervalBytes: 500,
      fileDeleteDelayMs: 1,
      retentionMs: this.#pick([-1, 1_000]),
      preallocate: this.#pick([false, false, true]),
    }
    // Larger than a page, so that crashes tear batches.
    this.#valueBytesMax = Math.min(this.#pick([50, 1_500, 6_000]), segmentBytes - 200)
  }

  async live(): Promise<void> {
    const sim = this.#sim
    sim.medium('a').delayMs = [0.05, this.#pick([0.5, 5, 50])]
    const dies = sim.node('world').clock.sleep(this.#below(3) === 0 ? this.#below(100) : 100_000)
    this.#isClean = false
    await sim.run(() => Promise.race([this.#work(), dies]))
    // A clean stop is believed: then nothing at all may be missing.
    if (this.#isClean) this.#flushed = this.#values.length
    if (this.#below(3) === 0) sim.kill('a')
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
    })
    const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
    const config = this.#config
    const log = await manager.getOrCreate({ topic: 'orders', partition: 0, topicId, config })
    await this.#check(log)
    for (let left = this.#below(50); left > 0; left--) await this.#step(manager, log)
    if (this.#below(5) > 0) return
    await manager.close()
    this.#isClean = true
  }

  async #check(log: Log): Promise<void> {
    if (this.#uncut !== null) this.#values = this.#uncut
    this.#uncut = null
    assert.ok(log.logEndOffset >= this.#flushed, 'what was durable is there')
    assert.ok(log.logEndOffset <= this.#values.length, 'what was never appended is not there')
    this.#values.length = log.logEndOffset
    // A crash may bring back some of the segments that were being deleted, but not others.
    this.#deleted = Math.min(this.#deleted, log.logEndOffset)
    const from = Math.max(this.#deleted, log.logStartOffset)
    const bytes = await readAll(log, from)
    const found: string[] = []
    for (let at = 0; at < bytes.length; at += checkBatch(bytes, at, bytes.length)) {
      found.push(...decodeBatch(bytes, at).records.map(({ value }) => String(value).trimEnd()))
    }
    assert.deepEqual(found, this.#values.slice(from))
  }

  async #step(manager: LogManager, log: Log): Promise<void> {
    const chance = this.#below(22)
    if (chance < 11) {
      const value = `value-${this.#count++}`
      this.#values.push(value)
      const padded = value + ' '.repeat(this.#below(this.#valueBytesMax))
      const producer = { producerId: this.#count, producerEpoch: 0, baseSequence: 0 }
      append(log, batchOf([padded], this.#below(2) === 0 ? producer : {}))
    } else if (chance < 13) {
      const end = log.logEndOffset
      const cuts = this.#cuts
      const flushing = log.flush().then(() => {
        if (cuts === this.#cuts) this.#flushed = Math.max(this.#flushed, end)
      })
      if (this.#below(2) === 0) await flushing
    } else if (chance === 13) log.roll()
    else if (chance === 14) {
      log.highWatermark = log.logEndOffset
      log.deleteOldSegments()
      this.#deleted = Math.max(this.#deleted, log.logStartOffset)
    } else if (chance === 15) await manager.checkpoint()
    else if (chance === 16) await this.#cut(log)
    else await this.#sim.node('a').clock.sleep(this.#below(10))
  }

  async #cut(log: Log): Promise<void> {
    const offset = Math.max(log.logStartOffset, log.logEndOffset - this.#below(6))
    this.#cuts++
    this.#flushed = Math.min(this.#flushed, offset)
    this.#uncut = [...this.#values]
    this.#values.length = offset
    await log.truncateTo(offset)
    this.#uncut = null
  }

  #below(bound: number): number {
    return this.#sim.random.int(bound)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }
}

test('a log that dies at any time, in any way, comes back as a beginning of what it was', async () => {
  for (let seed = 1; seed <= WORLDS; seed++) {
    const world = new CrashWorld(seed)
    try {
      for (let life = 0; life < LIVES; life++) await world.live()
    } catch (error) {
      throw new Error(`in the world of seed ${seed}`, { cause: error })
    }
  }
})
