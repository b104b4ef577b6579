import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { batchSizeBytes, encodeBatch } from '@ottla/records'
import type { FileInspection } from '../../src/inspect/inspect-file.ts'
import type { BatchEntry, Finding, InspectedEntry } from '../../src/inspect/entry.ts'
import { inspectFile, UnknownFileError } from '../../src/inspect/inspect-file.ts'
import { realWorld } from '../world.ts'
import type { World } from '../world.ts'

const fixtures = `${import.meta.dirname}/../fixtures/kafka-4.3.1`

async function inspect(
  world: World,
  path: string,
  options?: FileInspection,
): Promise<InspectedEntry[]> {
  const entries: InspectedEntry[] = []
  for await (const entry of inspectFile(world.disk, path, options)) entries.push(entry)
  return entries
}

function findings(entries: readonly InspectedEntry[]): Finding[] {
  return entries.filter((entry) => entry.type === 'finding')
}

function batches(entries: readonly InspectedEntry[]): BatchEntry[] {
  return entries.filter((entry) => entry.type === 'batch')
}

/** A copy of a folder of Kafka's, to be spoiled. */
function folder(t: TestContext, name: string): { world: World; directory: string } {
  const world = realWorld(t)
  const directory = `${world.root}/${name}`
  cpSync(`${fixtures}/${name}`, directory, { recursive: true })
  return { world, directory }
}

function spoil(path: string, position: number, bytes: readonly number[]): void {
  const content = readFileSync(path)
  content.set(bytes, position)
  writeFileSync(path, content)
}

const FIRST = '00000000000000000000'

test('nothing is wrong with any file that Apache Kafka wrote', async (t) => {
  const world = realWorld(t)
  for (const name of ['fixture-0', 'rolled-0', 'transactions-0', '.']) {
    for (const file of readdirSync(`${fixtures}/${name}`, { withFileTypes: true })) {
      if (file.isDirectory()) continue
      const entries = await inspect(world, `${fixtures}/${name}/${file.name}`, { records: true })
      assert.equal(entries[0]?.type, 'file')
      assert.deepEqual(findings(entries), [], file.name)
    }
  }
})

test('a log is told batch by batch, with the records where they are asked for', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const without = batches(await inspect(world, `${directory}/${FIRST}.log`))
  assert.deepEqual(
    without.map(({ baseOffset }) => baseOffset),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  assert.equal(without[0]?.records, null)
  const [data, , marker] = batches(
    await inspect(world, `${directory}/${FIRST}.log`, { records: true }),
  )
  assert.equal(data?.producerId, 1001)
  assert.equal(data.isTransactional, true)
  assert.equal(data.records?.[0]?.value?.toString(), 'YQHHNEBSEPDNSEIFGAMSUJXKOLTXSP')
  assert.equal(marker?.isControl, true)
  assert.equal(marker.position, 196)
})

test('a flipped bit is a problem where its batch begins, and the batches after it are still told', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const path = `${directory}/${FIRST}.log`
  spoil(path, 98 + 70, [0xff])
  const entries = await inspect(world, path, { records: true })
  const [found, ...others] = findings(entries)
  assert.deepEqual(others, [])
  assert.equal(found?.severity, 'problem')
  assert.equal(found.position, 98)
  assert.match(found.what, /the batch is corrupt: stored crc \d+, computed crc \d+/)
  assert.match(found.recovery, /cuts the log here: 862 bytes go, and offset 1 and later with them/)
  assert.equal(batches(entries).length, 10)
  assert.equal(batches(entries)[1]?.isValid, false)
})

test('a length that no batch has ends the log there', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const path = `${directory}/${FIRST}.log`
  spoil(path, 98 + 8, [0xff, 0xff, 0xff, 0xfe])
  const entries = await inspect(world, path)
  assert.equal(batches(entries).length, 1)
  const [found] = findings(entries)
  assert.equal(found?.position, 98)
  assert.match(found.what, /says its length is -2; the least is 14/)
})

test('a length beyond the end of the file takes no memory and is told with both sizes', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const path = `${directory}/${FIRST}.log`
  spoil(path, 98 + 8, [0x7f, 0, 0, 0])
  const [found] = findings(await inspect(world, path))
  assert.equal(found?.position, 98)
  assert.match(found.what, /a batch of 2130706444 bytes is cut off: only 862 are there/)
})

test('a torn last batch is a problem; zeros to the end of the file are only a note', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const path = `${directory}/${FIRST}.log`
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, 900))
  const [torn] = findings(await inspect(world, path))
  assert.equal(torn?.severity, 'problem')
  assert.equal(torn.position, 862)
  assert.match(torn.what, /a batch of 98 bytes is cut off: only 38 are there/)
  writeFileSync(path, whole.subarray(0, 870))
  const [header] = findings(await inspect(world, path))
  assert.match(header?.what ?? '', /the file ends 8 bytes into a batch's header/)
  writeFileSync(path, Buffer.concat([whole, Buffer.alloc(5000)]))
  const [zeros, ...others] = findings(await inspect(world, path))
  assert.deepEqual(others, [])
  assert.equal(zeros?.severity, 'note')
  assert.equal(zeros.position, 960)
  assert.match(zeros.what, /5000 zero bytes/)
})

test('offsets that go back, or lie before those of the file, are problems', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const bytes = readFileSync(`${directory}/${FIRST}.log`)
  const first = bytes.subarray(0, batchSizeBytes(bytes, 0))
  writeFileSync(`${directory}/${FIRST}.log`, Buffer.concat([bytes, first]))
  const [back] = findings(await inspect(world, `${directory}/${FIRST}.log`))
  assert.equal(back?.position, 960)
  assert.equal(back.what, 'offsets 0 to 0 where 10 or later is expected')
  writeFileSync(`${directory}/00000000000000000005.log`, first)
  const [before] = findings(await inspect(world, `${directory}/00000000000000000005.log`))
  assert.equal(before?.what, 'offsets 0 to 0 where 5 or later is expected')
})

test('batches larger than what is read at a time are read whole', async (t) => {
  const world = realWorld(t)
  const path = `${world.root}/${FIRST}.log`
  const value = Buffer.alloc(1_500_000, 'x')
  const large = (baseOffset: number): Buffer =>
    encodeBatch({ baseOffset, records: [{ timestamp: 1, value }] })
  writeFileSync(path, Buffer.concat([large(0), large(1), large(2)]))
  const entries = await inspect(world, path, { records: true })
  assert.deepEqual(findings(entries), [])
  assert.deepEqual(
    batches(entries).map(({ records }) => records?.[0]?.value?.length),
    [1_500_000, 1_500_000, 1_500_000],
  )
})

test('an index entry that points into a batch, beyond the log, or back, is a problem', async (t) => {
  const { world, directory } = folder(t, 'fixture-0')
  const path = `${directory}/${FIRST}.index`
  const entries = await inspect(world, path)
  assert.equal(entries.filter(({ type }) => type === 'offset-index-entry').length, 39)
  const bytes = readFileSync(path)
  bytes.writeInt32BE(bytes.readInt32BE(4) + 1, 4)
  bytes.writeInt32BE(1_000_000, 38 * 8 + 4)
  bytes.writeInt32BE(bytes.readInt32BE(8) + 100, 8)
  writeFileSync(path, bytes)
  const found = findings(await inspect(world, path))
  assert.deepEqual(
    found.map(({ position }) => position),
    [0, 16, 304],
  )
  assert.match(found[0]?.what ?? '', /entry 0 says offset \d+ is at \d+, but no/)
  assert.match(found[1]?.what ?? '', /entries ascend/)
  assert.match(found[2]?.what ?? '', /but the log has 4422 bytes/)
})

test('a time index entry with another timestamp than its batch is a problem', async (t) => {
  const { world, directory } = folder(t, 'fixture-0')
  const path = `${directory}/${FIRST}.timeindex`
  const bytes = readFileSync(path)
  bytes.writeInt32BE(bytes.readInt32BE(4) - 1, 4)
  writeFileSync(path, bytes)
  const [found, ...others] = findings(await inspect(world, path))
  assert.deepEqual(others, [])
  assert.match(found?.what ?? '', /the greatest timestamp of its batch is \d+/)
})

test('the room that Kafka makes ahead in an index is a note; a part of an entry is a problem', async (t) => {
  const { world, directory } = folder(t, 'fixture-0')
  const path = `${directory}/${FIRST}.index`
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(800)]))
  const [padding] = findings(await inspect(world, path))
  assert.equal(padding?.severity, 'note')
  assert.match(padding.what, /100 empty entries/)
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(3)]))
  const [part] = findings(await inspect(world, path))
  assert.equal(part?.severity, 'problem')
  assert.match(part.what, /315 bytes are no whole number of entries of 8/)
})

test('small files are told in their terms, and what is wrong with them', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const producers = await inspect(world, `${directory}/00000000000000000010.snapshot`)
  assert.deepEqual(producers[1], {
    type: 'producer',
    producerId: 1001,
    producerEpoch: 1,
    coordinatorEpoch: 0,
    currentTxnFirstOffset: 3,
    lastTimestamp: 1795453284758,
    firstSequence: 6,
    lastSequence: 6,
    lastOffset: 9,
    offsetDelta: 0,
  })
  const wrong = [
    ['00000000000000000010.snapshot', 'xx', /2 bytes are too few/],
    ['leader-epoch-checkpoint', '0\n2\n0 0\n', /says 2 entries, has 1/],
    ['leader-epoch-checkpoint', '0\n2\n3 0\n1 5\n', /both ascend/],
    ['recovery-point-offset-checkpoint', '0\n1\na b c\n', /expected whole numbers/],
    ['recovery-point-offset-checkpoint', '0\n2\na 0 1\na 0 2\n', /a-0 is there twice/],
    ['partition.metadata', 'version: 0', /topic_id/],
    ['meta.properties', 'version=0\ncluster.id=a\nnode.id=1', /version is 0/],
    ['meta.properties', 'version=1\ncluster.id=a\nnode.id=x', /node.id is x/],
    ['quorum-state', '{', /JSON/],
  ] as const
  for (const [name, content, what] of wrong) {
    writeFileSync(`${directory}/${name}`, content)
    const [found] = findings(await inspect(world, `${directory}/${name}`))
    assert.match(found?.what ?? '', what, name)
  }
})

test('what is left of an unfinished change says so', async (t) => {
  const { world, directory } = folder(t, 'transactions-0')
  const bytes = readFileSync(`${directory}/${FIRST}.log`)
  for (const suffix of ['deleted', 'cleaned', 'swap']) {
    const path = `${directory}/${FIRST}.log.${suffix}`
    writeFileSync(path, bytes)
    const entries = await inspect(world, path)
    assert.equal(batches(entries).length, 10)
    assert.deepEqual(
      findings(entries).map(({ severity }) => severity),
      ['note'],
    )
  }
})

test('a file whose name is no log file is refused with the names that are', async (t) => {
  const world = realWorld(t)
  writeFileSync(`${world.root}/notes.txt`, '')
  await assert.rejects(inspect(world, `${world.root}/notes.txt`), (error: Error) => {
    assert.ok(error instanceof UnknownFileError)
    assert.match(error.message, /notes\.txt: no file of a log has such a name; expected/)
    return true
  })
})

test('any bytes under any name give entries or problems, never another error', async (t) => {
  const world = realWorld(t)
  const names = ['.log', '.index', '.timeindex', '.txnindex', '.snapshot'].map((end) => FIRST + end)
  names.push('leader-epoch-checkpoint', 'meta.properties', 'partition.metadata')
  names.push(
    'replication-offset-checkpoint',
    '.kafka_cleanshutdown',
    `${FIRST}-0000000001.checkpoint`,
  )
  let seed = 1
  const next = (): number => (seed = (seed * 48_271) % 0x7fff_ffff)
  for (let round = 0; round < 40; round++) {
    for (const name of names) {
      const bytes = Buffer.from(Array.from({ length: next() % 200 }, () => next() & 255))
      writeFileSync(`${world.root}/${name}`, bytes)
      const entries = await inspect(world, `${world.root}/${name}`, { records: true })
      assert.equal(entries[0]?.type, 'file')
    }
  }
})
