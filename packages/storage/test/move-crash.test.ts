import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch, decodeBatch } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import type { CrashLoss, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import { LogManager } from '../src/log-manager.ts'
import type { Log } from '../src/log.ts'
import { batchOf, readAll } from './world.ts'

const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
const directories = ['/a', '/b', '/c']

async function start(sim: Simulation): Promise<LogManager> {
  const { clock, disk, random } = sim.node('a')
  return await LogManager.open({
    clock,
    disk,
    random,
    logger: silentLogger,
    directories,
    nodeId: 1,
    producerIdExpirationMs: Infinity,
    recoveryPointCheckpointIntervalMs: 20,
    highWatermarkCheckpointIntervalMs: 5,
  })
}

/** @param current A log that moves is read again where it is now. */
async function bytesIn(current: () => Log, from: number): Promise<Buffer> {
  for (;;) {
    const log = current()
    try {
      return await readAll(log, from)
    } catch (error) {
      if (current() === log) throw error
    }
  }
}

async function valuesIn(current: () => Log): Promise<string[]> {
  const bytes = await bytesIn(current, current().logStartOffset)
  const values: string[] = []
  for (let at = 0; at < bytes.length;) {
    const size = checkBatch(bytes, at, bytes.length)
    for (const { value } of decodeBatch(bytes, at).records) values.push(String(value))
    at += size
  }
  return values
}

/** What a broker promised before it crashed. */
interface Promised {
  /** All that was appended to the log that there is now. */
  sent: string[]
  /** How many of them were acknowledged. */
  acknowledged: number
  /** What a DeleteRecords that was answered deleted. */
  deletedBefore: number
}

const retention: Partial<LogConfig> = {
  segmentBytes: 1_000,
  indexIntervalBytes: 200,
  fileDeleteDelayMs: 3,
}

async function live(
  sim: Simulation,
  config: LogConfig,
  promised: Promised,
  isDurable: boolean,
): Promise<LogManager> {
  const { random } = sim
  const manager = await start(sim)
  let log = await manager.getOrCreate({ topic: 'orders', partition: 0, topicId, config })
  manager.moves.subscribe((copy) => (log = copy))

  const values = await valuesIn(() => log)
  const { sent, acknowledged } = promised
  const from = log.logStartOffset
  assert.ok(from >= promised.deletedBefore, 'what was deleted is back')
  assert.deepEqual(values, sent.slice(from, from + values.length))
  assert.ok(from + values.length >= acknowledged, 'what was acknowledged is lost')
  assert.equal(log.logEndOffset, from + values.length)
  if (values.length > 0) {
    assert.equal(log.producers.get(3)?.lastSequence, log.logEndOffset - 1, 'the producer is lost')
  }
  sent.length = log.logEndOffset
  promised.acknowledged = Math.min(acknowledged, log.logEndOffset)
  log.highWatermark = log.logEndOffset

  const steps = random.int(60)
  for (let step = 0; step < steps; step++) {
    const choice = random.int(12)
    if (choice === 0) {
      const target = directories[random.int(directories.length)]!
      await manager.moveTo('orders', 0, target)
    } else if (choice === 1) {
      await sim.node('a').clock.sleep(random.float() * 5)
    } else if (choice === 2 && random.int(3) === 0) {
      const before = random.int(log.logEndOffset + 1)
      log.deleteRecordsBefore(before)
      await manager.checkpointLogStartOffsets()
      promised.deletedBefore = Math.max(promised.deletedBefore, before)
    } else if (choice === 3) {
      await manager.enforceRetention()
    } else {
      const value = `value-${sent.length}-${'x'.repeat(random.int(200))}`
      const producer = { producerId: 3, producerEpoch: 0, baseSequence: sent.length }
      const result = log.appendAsLeader(batchOf([value], producer), {
        leaderEpoch: Math.floor(sent.length / 25),
        origin: 'client',
      })
      const end = sent.push(value)
      log.highWatermark = end
      const acknowledge = (): void => {
        promised.acknowledged = Math.max(promised.acknowledged, end)
      }
      const durable = result.durable?.then(acknowledge, () => {})
      if (!isDurable) acknowledge()
      if (random.int(4) === 0) await durable
    }
  }
  return manager
}

/** `kill` ends the process only: what it had written is with the operating system. */
const endings: readonly (CrashLoss | 'kill')[] = ['kill', 'all', 'some', 'none']

for (const ending of endings) {
  const isDurable = ending !== 'kill'
  test(`nothing acknowledged is lost when the broker ends during moves: ${ending}`, async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const sim = simulation({ seed })
      const config = {
        ...defaultLogConfig,
        ...retention,
        messageTimestampAfterMaxMs: Infinity,
        retentionMs: -1,
        flushMessages: isDurable ? 1 : Infinity,
      }
      const promised: Promised = { sent: [], acknowledged: 0, deletedBefore: 0 }
      try {
        for (let round = 0; round < 6; round++) {
          await sim.run(async () => {
            const manager = await live(sim, config, promised, isDurable)
            if (sim.random.int(5) === 0) await manager.close()
          })
          if (ending === 'kill') sim.kill('a')
          else sim.crash('a', ending)
        }
        await sim.run(async () => {
          const manager = await live(sim, config, promised, isDurable)
          await manager.close()
          for (const directory of directories) {
            const left = sim.node('a').disk.list(directory)
            assert.ok(left.filter(({ name }) => name === 'orders-0').length <= 1)
          }
        })
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
  })
}
