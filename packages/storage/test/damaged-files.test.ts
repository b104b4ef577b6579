import assert from 'node:assert/strict'
import { batchSizeBytes } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import { LogManager } from '../src/log-manager.ts'
import type { Log } from '../src/log.ts'
import { append, batchOf, openLog, readAll, testOnBoth } from './world.ts'
import type { World } from './world.ts'

// Files as somebody's hand, or a bad disk, leaves them, and what the next start makes of them. More of
// them, byte by byte, in recovery.test.ts.
//
// The same was done to a directory of Apache Kafka 4.3.1 (killed, four segments of ten batches). It cuts at
// a corrupt batch and drops the segments after it, ends a half-deleted segment, removes indexes without a
// segment and leaves foreign files alone, as Ottla does. Where a segment in the middle is missing or empty
// Kafka goes on behind the hole; Ottla ends the log there, as far as it is checked: after a power cut such
// a hole is what was never durable, and nothing that follows it was acknowledged as such.

const config: Partial<LogConfig> = { segmentBytes: 450, indexIntervalBytes: 100 }
const topicId = 'oTtLaoTtLaoTtLaoTtLaoQ'

/** Twenty batches, five a segment, as a killed process leaves them. */
async function abandoned(world: World, settings: Partial<LogConfig> = {}): Promise<Buffer> {
  const log = await openLog(world, { config: { ...config, ...settings } })
  for (let index = 0; index < 20; index++) append(log, letter(index))
  const bytes = await readAll(log, 0)
  await log.flush()
  await log.discard()
  return bytes
}

function letter(index: number): Buffer {
  const record = { key: Buffer.from(`key-${index % 4}`), timestamp: 1_000 + index }
  return batchOf([record], { producerId: 5, producerEpoch: 0, baseSequence: index })
}

function path(world: World, name: string): string {
  return `${world.root}/orders-0/${name}`
}

function names(world: World, suffix: string): string[] {
  return world.disk
    .list(`${world.root}/orders-0`)
    .map(({ name }) => name)
    .filter((name) => name.endsWith(suffix))
}

function put(world: World, name: string, content: Buffer | string): void {
  world.disk.replaceFile(path(world, name), content)
}

function spoil(world: World, name: string, at: number): void {
  const content = world.disk.readFile(path(world, name))
  content[at]! ^= 0x40
  put(world, name, content)
}

/** That the log is those first batches, by offset, by time and for its producer, and goes on. */
async function assertBatches(log: Log, bytes: Buffer, count: number): Promise<void> {
  const size = batchSizeBytes(bytes, 0)
  assert.equal(log.logEndOffset, count)
  assert.ok((await readAll(log, 0)).equals(bytes.subarray(0, size * count)))
  for (let offset = 0; offset < count; offset++) {
    assert.equal((await log.findByTimestamp(1_000 + offset))?.offset, offset)
  }
  assert.equal(append(log, letter(count)), count)
  assert.throws(() => append(log, letter(count + 9)), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
}

testOnBoth(
  'a corrupt batch in the middle of a segment takes the segments after it along',
  async (world) => {
    const bytes = await abandoned(world)
    const [, second] = names(world, '.log')
    spoil(world, second!, batchSizeBytes(bytes, 0) * 2 + 65)
    const log = await openLog(world, { config })
    await assertBatches(log, bytes, Number(second!.slice(0, 20)) + 2)
    assert.equal(names(world, '.log').length, 2)
    await log.close()
  },
)

testOnBoth('a segment whose file is missing ends the log before it', async (world) => {
  const bytes = await abandoned(world)
  const [, , third] = names(world, '.log')
  await world.disk.remove(path(world, third!))
  const log = await openLog(world, { config })
  await assertBatches(log, bytes, Number(third!.slice(0, 20)))
  await log.close()
})

testOnBoth('a segment that is empty, with others after it, ends the log there', async (world) => {
  const bytes = await abandoned(world)
  const [, second] = names(world, '.log')
  put(world, second!, '')
  const log = await openLog(world, { config })
  await assertBatches(log, bytes, Number(second!.slice(0, 20)))
  await log.close()
})

for (const isClean of [true, false]) {
  const stop = isClean ? 'clean stop' : 'kill'
  testOnBoth(`a half-deleted segment goes altogether after a ${stop}`, async (world) => {
    await abandoned(world)
    await (await openLog(world, { config })).close()
    const [first, second] = names(world, '.log')
    // Its batches had been renamed when the process died; its indexes had not.
    world.disk.rename(path(world, first!), path(world, `${first}.deleted`))
    const start = Number(second!.slice(0, 20))
    const log = await openLog(world, { config, isClean })
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [start, 20])
    assert.deepEqual(names(world, '.deleted'), [])
    assert.equal(names(world, '.log').includes(first!), false)
    assert.equal(
      names(world, '.index').some((name) => name.startsWith(first!.slice(0, 20))),
      false,
    )
    await log.close()
  })

  testOnBoth(
    `stray and foreign files are told of and left alone after a ${stop}`,
    async (world) => {
      const bytes = await abandoned(world)
      await (await openLog(world, { config })).close()
      const foreign = ['notes.txt', '12.log', 'x.index', '00000000000000000000.log.bak', '.hidden']
      for (const name of foreign) put(world, name, 'mine')
      world.disk.makeDirectory(path(world, '00000000000000000007'))
      const log = await openLog(world, { config, isClean })
      await assertBatches(log, bytes, 20)
      await log.close()
      for (const name of foreign)
        assert.equal(String(world.disk.readFile(path(world, name))), 'mine')
      assert.equal(world.disk.stat(path(world, '00000000000000000007'))?.isDirectory, true)
    },
  )

  testOnBoth(`small files that make no sense are made up for after a ${stop}`, async (world) => {
    const bytes = await abandoned(world)
    await (await openLog(world, { config })).close()
    put(world, 'leader-epoch-checkpoint', 'no number\nat all')
    for (const name of names(world, '.snapshot')) put(world, name, 'no snapshot')
    const log = await openLog(world, { config, isClean })
    await assertBatches(log, bytes, 20)
    await log.close()
  })
}

testOnBoth('compaction that was stopped before its files were whole is undone', async (world) => {
  const bytes = await abandoned(world)
  const [first, second] = names(world, '.log')
  put(world, `${first}.cleaned`, world.disk.readFile(path(world, first!)).subarray(0, 100))
  put(world, `${second}.swap`, world.disk.readFile(path(world, second!)).subarray(0, 50))
  const log = await openLog(world, { config })
  await assertBatches(log, bytes, 20)
  assert.deepEqual([...names(world, '.cleaned'), ...names(world, '.swap')], [])
  await log.close()
})

testOnBoth(
  'compaction that was stopped while its files took their places is finished',
  async (world) => {
    const bytes = await abandoned(world)
    const [first, second] = names(world, '.log')
    const merged = Buffer.concat([
      world.disk.readFile(path(world, first!)),
      world.disk.readFile(path(world, second!)),
    ])
    put(world, `${first}.swap`, merged)
    // One of the two that it replaces was being deleted.
    world.disk.rename(path(world, first!), path(world, `${first}.deleted`))
    const log = await openLog(world, { config })
    assert.equal(names(world, '.log').includes(second!), false)
    await assertBatches(log, bytes, 20)
    await log.close()
  },
)

testOnBoth(
  'checkpoints of a data directory that make no sense mean that all is checked',
  async (world) => {
    const start = (): Promise<LogManager> =>
      LogManager.open({
        clock: world.clock,
        disk: world.disk,
        random: world.random,
        logger: silentLogger,
        directories: [`${world.root}/data`],
        nodeId: 1,
        producerIdExpirationMs: Infinity,
      })
    const request = {
      topic: 'orders',
      partition: 0,
      topicId,
      config: { ...defaultLogConfig, ...config, retentionMs: -1 },
    }
    let logs = await start()
    const log = await logs.getOrCreate(request)
    for (let index = 0; index < 20; index++) append(log, letter(index))
    await logs.close()
    for (const name of ['recovery-point', 'log-start', 'replication', 'cleaner']) {
      const file = `${name}-offset-checkpoint`
      world.disk.replaceFile(`${world.root}/data/${file}`, '0\n7\nwhat is this')
    }
    await world.disk.remove(`${world.root}/data/.kafka_cleanshutdown`)
    logs = await start()
    const again = await logs.getOrCreate({ ...request, isNew: false })
    assert.deepEqual([again.logStartOffset, again.logEndOffset], [0, 20])
    await logs.close()
  },
)
