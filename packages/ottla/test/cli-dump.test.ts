import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeRecord } from '@ottla/metadata'
import { encodeCoordinatorKey, encodeCoordinatorValue } from '@ottla/protocol'
import { OffsetCommitKey, OffsetCommitValue } from '@ottla/protocol/records/offset-commit'
import type { RecordInput } from '@ottla/records'
import { encodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import { ottla, temporaryDirectory } from './cli-process.ts'

const fixtures = `${import.meta.dirname}/../../storage/test/fixtures/kafka-4.3.1`
const FIRST = '00000000000000000000'

/** Writes a segment's file into a partition's folder. */
function segment(folder: string, records: readonly RecordInput[]): string {
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/${FIRST}.log`
  writeFileSync(path, encodeBatch({ records }))
  return path
}

interface Line {
  readonly type: string
  readonly records?: readonly {
    readonly key: unknown
    readonly value: unknown
    readonly headers: unknown
    readonly decoded?: { readonly kind: string; readonly key: unknown; readonly value: unknown }
  }[]
}

function jsonLines(out: string): Line[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

test('ottla dump shows each batch and, with --records, each record of a log', async () => {
  const path = `${fixtures}/transactions-0/${FIRST}.log`
  const short = await ottla(['dump', path])
  assert.equal(short.code, 0, short.error)
  assert.match(short.out, /^.*\.log: log, 960 bytes\n/)
  assert.match(
    short.out,
    /\n {2}@98 {2}offset 1 {2}1 record {2}98 bytes {2}none {2}CreateTime 2026-11-23T17:01:24\.481Z {2}epoch 0 {2}producer 1001\/0 seq 1–1 {2}transactional {2}crc b96e2560\n/,
  )
  assert.doesNotMatch(short.out, /LGHDIOYZJFNIDSPWHZMKVJAXDBZFCO/)
  const long = await ottla(['dump', '--records', path])
  assert.match(long.out, /\n {4}1 .* key null {2}value "LGHDIOYZJFNIDSPWHZMKVJAXDBZFCO"\n/)
  assert.match(long.out, /\n {4}2 .* COMMIT v0 \{"coordinatorEpoch":0\}\n/)
})

test('ottla dump --json gives an object a line; what is no text is in base64', async () => {
  using directory = temporaryDirectory()
  const path = segment(`${directory.path}/letters-0`, [
    { timestamp: 5, key: Buffer.from([0xff, 0]), value: Buffer.from('Dear\nMilena') },
    { timestamp: 6, value: null, headers: [{ key: 'h', value: Buffer.from('é') }] },
  ])
  const { out } = await ottla(['dump', path, '--records', '--json'])
  const [file, batch] = jsonLines(out)
  assert.equal(file?.type, 'file')
  assert.deepEqual(batch?.records, [
    { offset: 0, timestamp: 5, key: { base64: '/wA=' }, value: 'Dear\nMilena', headers: [] },
    { offset: 1, timestamp: 6, key: null, value: null, headers: [['h', 'é']] },
  ])
  const hex = await ottla(['dump', path, '--records', '--json', '--bytes', 'hex'])
  assert.equal(jsonLines(hex.out)[1]?.records?.[0]?.key, 'ff00')
})

test('records of Kafka’s own topics are decoded as their folder says, or as an option does', async () => {
  using directory = temporaryDirectory()
  const key = encodeCoordinatorKey(OffsetCommitKey, { group: 'g', topic: 't', partition: 3 })
  const value = encodeCoordinatorValue(OffsetCommitValue, {
    offset: 42,
    leaderEpoch: 1,
    metadata: '',
    commitTimestamp: 7,
  })
  const records = [
    { timestamp: 1, key, value },
    { timestamp: 2, key, value: null },
    { timestamp: 3, key: Buffer.from('other'), value },
  ]
  const path = segment(`${directory.path}/__consumer_offsets-3`, records)
  const { out, code } = await ottla(['dump', path, '--records', '--json'])
  assert.equal(code, 0)
  const decoded = jsonLines(out)[1]?.records?.map((record) => record.decoded)
  assert.deepEqual(decoded?.[0]?.key, { group: 'g', topic: 't', partition: 3 })
  assert.equal((decoded[0].value as { offset: number }).offset, 42)
  assert.equal(decoded[1]?.value, null)
  assert.equal(decoded[2], undefined)
  const text = await ottla(['dump', path, '-r'])
  assert.match(
    text.out,
    /OffsetCommit v4 \{"group":"g","topic":"t","partition":3\} → \{"offset":42,/,
  )
  assert.match(text.out, /not decoded: a record of type 28532, which is unknown/)

  const elsewhere = `${directory.path}/${FIRST}.log`
  copyFileSync(path, elsewhere)
  assert.doesNotMatch((await ottla(['dump', elsewhere, '-r'])).out, /OffsetCommit/)
  assert.match((await ottla(['dump', elsewhere, '--offsets'])).out, /OffsetCommit/)
  assert.doesNotMatch((await ottla(['dump', path, '-r', '--raw'])).out, /OffsetCommit/)
})

test('the metadata log is decoded by the names of its records', async () => {
  using directory = temporaryDirectory()
  const value = encodeRecord({
    type: 'TopicRecord',
    version: 0,
    value: { name: 'letters', topicId: 'QNu9Al2AT8SKGqlhkudOHQ' },
  })
  const path = segment(`${directory.path}/__cluster_metadata-0`, [{ timestamp: 1, value }])
  const { out } = await ottla(['dump', path, '-r'])
  assert.match(out, /TopicRecord v0 \{"name":"letters","topicId":"QNu9Al2AT8SKGqlhkudOHQ"\}/)
})

test('ottla dump ends with 1 and says what is wrong where, and what recovery would do', async () => {
  using directory = temporaryDirectory()
  const bytes = readFileSync(`${fixtures}/transactions-0/${FIRST}.log`)
  bytes[98 + 70] = 0xff
  mkdirSync(`${directory.path}/letters-0`)
  const path = `${directory.path}/letters-0/${FIRST}.log`
  writeFileSync(path, bytes)
  const { code, out, error } = await ottla([
    'dump',
    `${directory.path}/letters-0`,
    '--problems-only',
  ])
  assert.equal(code, 1)
  assert.match(
    out,
    /^.*\.log: PROBLEM: at byte 98: the batch is corrupt: stored crc .*cuts the log/,
  )
  assert.equal(out.trimEnd().split('\n').length, 1)
  assert.match(error, /1 problem in the file/)
})

test('ottla dump refuses what it cannot read with a sentence', async () => {
  using directory = temporaryDirectory()
  writeFileSync(`${directory.path}/notes.txt`, '')
  const cases = [
    [['dump', `${directory.path}/notes.txt`], /no file of a log has such a name/],
    [['dump', `${directory.path}/nothing`], /there is no such file/],
    [['dump', directory.path], /there is no file of a log in this folder/],
    [['dump', directory.path, '--offsets', '--metadata'], /give one of --offsets/],
  ] as const
  for (const [args, message] of cases) {
    const { code, error } = await ottla(args)
    assert.equal(code, 1)
    assert.match(error, message)
  }
})

test('markers of aborted transactions are told as such', async () => {
  using directory = temporaryDirectory()
  mkdirSync(`${directory.path}/letters-0`)
  const path = `${directory.path}/letters-0/${FIRST}.log`
  const producer = { producerId: 7, producerEpoch: 2 }
  const marker = { type: 'ABORT', coordinatorEpoch: 9 } as const
  writeFileSync(path, encodeEndTransactionMarker(marker, producer, { timestamp: 1 }))
  const { out } = await ottla(['dump', path, '-r'])
  assert.match(out, /producer 7\/2 {2}transactional {2}control/)
  assert.match(out, /ABORT v0 \{"coordinatorEpoch":9\}/)
})

test('messages of formats 0 and 1, as Kafka before 0.11 wrote them, are told as batches', async () => {
  using directory = temporaryDirectory()
  const vectors = `${import.meta.dirname}/../../records/test/vectors/record-batches.jsonl`
  const files = readFileSync(vectors, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenFile)
  let seen = 0
  for (const { name, batches, hex } of files) {
    const isOld = batches.every(({ magic, valid }) => magic < 2 && valid)
    if (batches.length === 0 || !isOld) continue
    const path = `${directory.path}/${FIRST}.log`
    writeFileSync(path, Buffer.from(hex, 'hex'))
    const { out } = await ottla(['dump', path, '--records', '--json', '--bytes', 'base64'])
    const told = jsonLines(out).filter(({ type }) => type === 'batch')
    for (const [index, batch] of batches.entries()) {
      const { crc, magic, compression, records } = told[index] as unknown as GoldenBatch
      assert.deepEqual(
        { crc, magic, compression, offsets: records?.map(({ offset }) => offset) },
        {
          crc: batch.crc,
          magic: batch.magic,
          compression: batch.compression,
          offsets: batch.records?.map(({ offset }) => offset),
        },
        name,
      )
    }
    seen += 1
    if (seen === 6) break
  }
  assert.ok(seen > 3)
})

/** As packages/records/test/golden.ts describes them. */
interface GoldenFile {
  readonly name: string
  readonly batches: readonly GoldenBatch[]
  readonly hex: string
}

interface GoldenBatch {
  readonly crc: number
  readonly magic: number
  readonly valid: boolean
  readonly compression: string
  readonly records?: readonly { readonly offset: number }[]
}
