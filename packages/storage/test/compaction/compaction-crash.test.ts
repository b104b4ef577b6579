import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompressionCodec } from '@ottla/records'
import { encodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import type { CrashLoss, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import type { LogConfig } from '../../src/log-config.ts'
import type { Log } from '../../src/log.ts'
import type { LogManager } from '../../src/log-manager.ts'
import { CompactionModel } from './compaction-model.ts'
import { compacted, openManager, ordersOf } from './compaction-world.ts'

const WORLDS = Number(process.env['COMPACTION_WORLDS'] ?? 16)
const FIRST = Number(process.env['COMPACTION_FIRST'] ?? 1)
const LIVES = 6

/** A compacted log through several lives of its broker. */
class CompactionWorld {
  readonly #sim: Simulation
  readonly #config: LogConfig
  readonly #keys: number
  readonly #dedupeBufferBytes: number
  readonly #valueBytesMax: number
  #model = new CompactionModel()
  /** What it was before a cut that may not have come to its end. */
  #uncut: CompactionModel | null = null
  #flushed = 0
  #cuts = 0
  #deleted = 0
  #count = 0
  #isClean = false
  cleanings = 0

  constructor(seed: number) {
    this.#sim = simulation({ seed })
    const segmentBytes = this.#pick([700, 3_000, 12_000])
    this.#config = {
      ...compacted,
      cleanupPolicy: this.#below(4) === 0 ? ['compact', 'delete'] : ['compact'],
      segmentBytes,
      segmentIndexBytes: this.#pick([60, 10_000]),
      deleteRetentionMs: this.#pick([0, 20, 100_000]),
      minCleanableDirtyRatio: this.#pick([0, 0, 0.4]),
      retentionMs: -1,
    }
    this.#keys = this.#pick([3, 20, 200])
    this.#dedupeBufferBytes = this.#pick([200, 2_000, 1_000_000])
    this.#valueBytesMax = Math.min(this.#pick([20, 900, 5_000]), segmentBytes - 300)
  }

  async live(): Promise<void> {
    const sim = this.#sim
    sim.medium('a').delayMs = [0.05, this.#pick([0.5, 5, 50])]
    const dies = sim.node('world').clock.sleep(this.#below(2) === 0 ? this.#below(400) : 100_000)
    this.#isClean = false
    await sim.run(() => Promise.race([this.#work(), dies]))
    if (this.#isClean) this.#flushed = this.#model.endOffset
    if (this.#below(3) === 0) sim.kill('a')
    else sim.crash('a', this.#pick<CrashLoss>(['all', 'later', 'some', 'sectors', 'none']))
  }

  async #work(): Promise<void> {
    const manager = await openManager(this.#sim.node('a'), {
      dedupeBufferBytes: this.#dedupeBufferBytes,
      ioBufferBytes: this.#pick([2_048, 100_000]),
    })
    const log = await ordersOf(manager, this.#config)
    await this.#check(log)
    for (let left = this.#below(60); left > 0; left--) await this.#step(manager, log)
    for (const { cleanings, uncleanableReason } of manager.cleaner.status.logs) {
      this.cleanings += cleanings
      assert.equal(uncleanableReason, null)
    }
    assert.ok(manager.cleaner.status.isAlive)
    if (this.#below(4) > 0) return
    await manager.close()
    this.#isClean = true
  }

  async #check(log: Log): Promise<void> {
    if (this.#uncut !== null) this.#model = this.#uncut
    this.#uncut = null
    assert.ok(log.logEndOffset >= this.#flushed, 'what was durable is there')
    assert.ok(log.logEndOffset <= this.#model.endOffset, 'what was never appended is not there')
    this.#model.truncateTo(log.logEndOffset)
    this.#deleted = Math.min(this.#deleted, log.logEndOffset)
    log.highWatermark = log.logEndOffset
    await this.#model.lose(log, Math.max(this.#flushed, log.recoveryPoint))
    await this.#model.check(log, Math.max(this.#deleted, log.logStartOffset))
  }

  async #step(manager: LogManager, log: Log): Promise<void> {
    const chance = this.#below(32)
    if (chance < 15) this.#append(log)
    else if (chance < 18) this.#endTransaction(log)
    else if (chance === 18) {
      const end = log.logEndOffset
      const cuts = this.#cuts
      const flushing = log.flush().then(() => {
        if (cuts === this.#cuts) this.#flushed = Math.max(this.#flushed, end)
      })
      if (this.#below(2) === 0) await flushing
    } else if (chance === 19) log.roll()
    else if (chance === 20) log.highWatermark = log.logEndOffset
    else if (chance < 26) {
      log.highWatermark = log.logEndOffset
      if (this.#below(2) === 0) log.roll()
      const cleaning = manager.cleaner.cleanNow()
      if (this.#below(3) > 0) await cleaning
    } else if (chance === 26) await manager.checkpoint()
    else if (chance === 27) await this.#cut(manager, log)
    else if (chance === 28) await this.#delete(manager, log)
    else if (chance === 29)
      await this.#model.check(log, Math.max(this.#deleted, log.logStartOffset))
    else await this.#sim.node('a').clock.sleep(this.#below(10))
  }

  #append(log: Log): void {
    const records = Array.from({ length: 1 + this.#below(4) }, () => ({
      key: `key-${this.#below(this.#keys)}`,
      value: this.#below(5) === 0 ? null : `value-${this.#count++}`,
    }))
    const kind = this.#pick(['plain', 'idempotent', 'transactional'] as const)
    const producerId = { plain: -1, idempotent: 1, transactional: 11 }[kind] + this.#below(2)
    const isPlain = kind === 'plain'
    // One whose batches were all deleted begins anew.
    const known = log.producers.get(producerId)
    const baseSequence =
      known === undefined ? this.#model.nextSequence(producerId) : known.lastSequence + 1
    const padding = this.#below(this.#valueBytesMax)
    const bytes = encodeBatch({
      records: records.map(({ key, value }) => ({
        timestamp: 1_000 + this.#below(1_000),
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value.padEnd(Math.floor(padding / 4))),
      })),
      compression: this.#pick<CompressionCodec>(['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']),
      ...(isPlain ? {} : { producerId, producerEpoch: 0, baseSequence }),
      isTransactional: kind === 'transactional',
    })
    log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'client' })
    this.#model.append(
      records,
      isPlain ? -1 : producerId,
      kind === 'transactional',
      isPlain ? -1 : baseSequence,
    )
  }

  #endTransaction(log: Log): void {
    const open = this.#model.openProducers
    if (open.length === 0) return
    const producerId = this.#pick(open)
    const isAborted = this.#below(2) === 0
    const type = isAborted ? 'ABORT' : 'COMMIT'
    const producer = { producerId, producerEpoch: 0 }
    log.appendAsLeader(
      encodeEndTransactionMarker({ type, coordinatorEpoch: 0 }, producer, { timestamp: 1_000 }),
      { leaderEpoch: 0, origin: 'coordinator' },
    )
    this.#model.end(producerId, isAborted)
  }

  /** As a follower does: never below the high watermark. */
  async #cut(manager: LogManager, log: Log): Promise<void> {
    await manager.cleaner.pause('orders', 0)
    const least = Math.max(log.highWatermark, log.logStartOffset)
    const offset = this.#model.batchStart(least + this.#below(log.logEndOffset - least + 1))
    this.#cuts++
    this.#flushed = Math.min(this.#flushed, offset)
    this.#uncut = this.#model.clone()
    this.#model.truncateTo(offset)
    await log.truncateTo(offset)
    await manager.checkpoint()
    this.#uncut = null
    manager.cleaner.resume('orders', 0)
  }

  async #delete(manager: LogManager, log: Log): Promise<void> {
    if (this.#below(4) > 0) return
    log.deleteRecordsBefore(
      log.logStartOffset + this.#below(log.highWatermark - log.logStartOffset + 1),
    )
    this.#deleted = Math.max(this.#deleted, log.logStartOffset)
    await manager.enforceRetention()
  }

  #below(bound: number): number {
    return this.#sim.random.int(bound)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }
}

test('a compacted log that dies at any time, in any way, has the last value of every key', async () => {
  let cleanings = 0
  for (let seed = FIRST; seed < FIRST + WORLDS; seed++) {
    const world = new CompactionWorld(seed)
    try {
      for (let life = 0; life < LIVES; life++) await world.live()
    } catch (error) {
      throw new Error(`in the world of seed ${seed}`, { cause: error })
    }
    cleanings += world.cleanings
  }
  assert.ok(cleanings > WORLDS, 'logs are compacted')
})
