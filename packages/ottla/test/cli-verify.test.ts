import assert from 'node:assert/strict'
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { after, before, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { ottla, startCliBroker, temporaryDirectory } from './cli-process.ts'

const FIRST = '00000000000000000000'

/** A broker's data directory with two topics, made once and copied for each test. */
const original = temporaryDirectory()
before(() => fill(`${original.path}/data`))
after(() => original[Symbol.dispose]())

async function fill(path: string): Promise<void> {
  const broker = await startCliBroker(['--data-dir', path, '--listen', '127.0.0.1:0'])
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: 'letters', numPartitions: 2 },
      {
        topic: 'state',
        numPartitions: 1,
        configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ],
  })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  for (let index = 0; index < 5; index++) {
    const messages = [{ partition: 0, value: `Dear Milena ${index}` }]
    await producer.send({ topic: 'letters', messages })
  }
  await producer.disconnect()
  const { code, error } = await broker.stop()
  assert.equal(code, 0, error)
}

interface Copy {
  readonly path: string
  readonly letters: string
  [Symbol.dispose](): void
}

function copy(): Copy {
  const directory = temporaryDirectory()
  const path = `${directory.path}/data`
  cpSync(`${original.path}/data`, path, { recursive: true, preserveTimestamps: true })
  return { path, letters: `${path}/letters-0`, [Symbol.dispose]: () => directory[Symbol.dispose]() }
}

/** Every name in a directory with its bytes and times. */
function stateOf(path: string): unknown {
  const names = globSync(`${path}/{*,.*,*/*,*/.*}`).sort()
  return names.map((name) => {
    const { mtimeMs, ctimeMs, size, ino } = statSync(name)
    const isFile = statSync(name).isFile()
    return [name, mtimeMs, ctimeMs, size, ino, isFile ? readFileSync(name, 'base64') : null]
  })
}

test('ottla verify finds nothing wrong with what a broker left, deep or not, and changes nothing', async () => {
  using data = copy()
  const before = stateOf(data.path)
  const directory = statSync(data.path).mtimeMs
  for (const options of [[], ['--deep'], ['--json']]) {
    const { code, out, error } = await ottla(['verify', data.path, ...options])
    assert.equal(code, 0, out + error)
    assert.doesNotMatch(out, /PROBLEM/)
  }
  assert.deepEqual(stateOf(data.path), before)
  assert.equal(statSync(data.path).mtimeMs, directory)
  const { out } = await ottla(['verify', data.path])
  assert.match(
    out,
    /: node 1 of cluster \S{22}, directory \S{22}, 4 partitions, stopped as it should\n/,
  )
  assert.match(
    out,
    /4 partitions, \d+ bytes: 0 problems, 0 notes; the next start believes the files/,
  )
})

test('ottla verify refuses a directory that a broker is using', async () => {
  using data = copy()
  const broker = await startCliBroker(['--data-dir', data.path, '--listen', '127.0.0.1:0'])
  const { code, error } = await ottla(['verify', data.path])
  await broker.stop()
  assert.equal(code, 1)
  assert.match(error, /process \d+ is using this directory; stop it first/)
})

test('after an unclean stop it says how much is checked, and where the log would be cut', async () => {
  using data = copy()
  rmSync(`${data.path}/.kafka_cleanshutdown`)
  rmSync(`${data.path}/recovery-point-offset-checkpoint`)
  const sound = await ottla(['verify', data.path])
  assert.equal(sound.code, 0, sound.out)
  assert.match(sound.out, /not stopped as it should/)
  assert.match(sound.out, /the next start checks \d+ bytes behind the recovery points/)

  const log = `${data.letters}/${FIRST}.log`
  const whole = statSync(log).size
  truncateSync(log, whole - 10)
  const torn = await ottla(['verify', data.path])
  assert.equal(torn.code, 1)
  assert.match(
    torn.out,
    /letters-0\/0{20}\.log: PROBLEM: at byte \d+: a batch of \d+ bytes is cut off/,
  )
  assert.match(torn.out, /the next start cuts the log here: \d+ bytes go/)

  // What it says is what a start does.
  const position = Number(/at byte (\d+): a batch/.exec(torn.out)?.[1])
  const broker = await startCliBroker(['--data-dir', data.path, '--listen', '127.0.0.1:0'])
  await broker.stop()
  assert.equal(statSync(log).size, position)
})

test('a bad batch in the midst of several segments ends the log there: it says which go, and they do', async () => {
  using data = copy()
  const names = (): string[] => globSync(`${data.letters}/*.log`).sort()
  const first = readFileSync(`${data.letters}/${FIRST}.log`)
  // As if the log had rolled after the second batch: the batches are of one size.
  const size = first.length / 5
  writeFileSync(`${data.letters}/${FIRST}.log`, first.subarray(0, 2 * size))
  writeFileSync(`${data.letters}/00000000000000000002.log`, first.subarray(2 * size, 4 * size))
  writeFileSync(`${data.letters}/00000000000000000004.log`, first.subarray(4 * size))
  rmSync(`${data.path}/.kafka_cleanshutdown`)
  rmSync(`${data.path}/recovery-point-offset-checkpoint`)
  const sound = await ottla(['verify', data.path, '--json'])
  assert.match(sound.out, /"topic":"letters","partition":0,.*"segments":3,.*"logEndOffset":5/)
  const bytes = readFileSync(`${data.letters}/00000000000000000002.log`)
  bytes[size + 65] = (bytes[size + 65] ?? 0) ^ 1
  writeFileSync(`${data.letters}/00000000000000000002.log`, bytes)
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 1)
  assert.match(
    out,
    /2\.log: PROBLEM: at byte \d+: the batch is corrupt.*the next start cuts the log here/,
  )
  assert.match(out, /4\.log: PROBLEM: 1 segment comes after a bad place; the next start removes/)
  const broker = await startCliBroker(['--data-dir', data.path, '--listen', '127.0.0.1:0'])
  await broker.stop()
  assert.deepEqual(
    names().map((name) => [name.slice(-5), statSync(name).size]),
    [
      ['0.log', 2 * size],
      ['2.log', size],
    ],
  )
})

test('a torn end is cut after a clean stop too, and it says so', async () => {
  using data = copy()
  const log = `${data.letters}/${FIRST}.log`
  truncateSync(log, statSync(log).size - 10)
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 1)
  assert.match(out, /a batch of \d+ bytes is cut off: .*; the next start cuts the log here/)
})

test('a batch with a flipped bit in an old segment is found with --deep', async () => {
  using data = copy()
  const log = `${data.letters}/${FIRST}.log`
  const bytes = readFileSync(log)
  bytes[65] = (bytes[65] ?? 0) ^ 1
  writeFileSync(log, bytes)
  const { code, out } = await ottla(['verify', '--deep', data.path])
  assert.equal(code, 1)
  assert.match(out, /letters-0\/0{20}\.log: PROBLEM: at byte 0: the batch is corrupt: stored crc/)
})

test('folders are held against the metadata', async () => {
  using data = copy()
  cpSync(data.letters, `${data.path}/unknown-0`, { recursive: true })
  cpSync(data.letters, `${data.path}/letters-7`, { recursive: true })
  rmSync(`${data.path}/letters-1`, { recursive: true })
  writeFileSync(
    `${data.letters}/partition.metadata`,
    'version: 0\ntopic_id: QNu9Al2AT8SKGqlhkudOHQ',
  )
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 1)
  assert.match(out, /unknown-0: PROBLEM: the metadata has no topic of that name; .*-stray/)
  assert.match(out, /letters-7: PROBLEM: the metadata's letters has 2 partitions/)
  assert.match(
    out,
    /letters-1: PROBLEM: the metadata has a replica on node 1, but there is no folder/,
  )
  assert.match(out, /letters-0: PROBLEM: it is of topic id QNu9Al2AT8SKGqlhkudOHQ; the metadata's/)
})

test('partitions without a metadata log would be put aside, and it says so', async () => {
  using data = copy()
  rmSync(`${data.path}/__cluster_metadata-0`, { recursive: true })
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 1)
  assert.match(
    out,
    /PROBLEM: there is no metadata log, __cluster_metadata-0, .*put aside as strays/,
  )
})

test('checkpoints are held against the logs', async () => {
  using data = copy()
  writeFileSync(`${data.path}/recovery-point-offset-checkpoint`, '0\n2\nletters 0 50\ngone 0 3\n')
  writeFileSync(`${data.path}/log-start-offset-checkpoint`, '0\n1\nletters 1 9\n')
  writeFileSync(`${data.path}/replication-offset-checkpoint`, '0\n5\n')
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 1)
  assert.match(out, /letters-0: PROBLEM: the log ends at 5, before its recovery point, 50/)
  assert.match(out, /note: it names gone-0, which is not there; the entry is dropped/)
  assert.match(out, /letters-1: PROBLEM: the log ends at 0, before its log start offset, 9/)
  assert.match(out, /replication-offset-checkpoint: PROBLEM: says 5 entries, has 0/)
})

test('leftovers and strangers are notes, which are no reason for exit code 1', async () => {
  using data = copy()
  const segment = readFileSync(`${data.letters}/${FIRST}.log`)
  writeFileSync(`${data.letters}/${FIRST}.log.deleted`, segment)
  writeFileSync(`${data.letters}/${FIRST}.log.cleaned`, segment)
  writeFileSync(`${data.letters}/00000000000000000900.index`, '')
  writeFileSync(`${data.letters}/notes.txt`, '')
  mkdirSync(`${data.path}/letters-0.0123456789abcdef0123456789abcdef-delete`)
  mkdirSync(`${data.path}/letters-0.0123456789abcdef0123456789abcdef-stray`)
  mkdirSync(`${data.path}/letters-1.0123456789abcdef0123456789abcdef-future`)
  mkdirSync(`${data.path}/lost+found`)
  writeFileSync(`${data.path}/readme`, '')
  const { code, out } = await ottla(['verify', data.path])
  assert.equal(code, 0, out)
  const notes = [
    /\.log\.deleted: note: it was about to be deleted; it is deleted/,
    /\.log\.cleaned: note: compaction was interrupted; it is deleted/,
    /900\.index: note: an index without its segment; it is removed/,
    /notes\.txt: note: it is no part of a log; it is left alone/,
    /-delete: note: it was of a deleted partition; it is removed/,
    /-stray: note: it was put aside/,
    /-future: note: it was being filled by a move/,
    /lost\+found: note: it is no folder of a partition; it is left alone/,
    /readme: note: it is no file of a data directory; it is left alone/,
  ]
  for (const expected of notes) assert.match(out, expected)
})

test('several directories must be of one broker and must not hold a partition twice', async () => {
  using data = copy()
  using other = copy()
  const meta = `${other.path}/meta.properties`
  const same = await ottla(['verify', data.path, other.path])
  assert.match(same.out, /meta\.properties: PROBLEM: it has the directory\.id of .*one is a copy/)
  assert.match(same.out, /letters-0: PROBLEM: the partition is also in/)
  writeFileSync(
    meta,
    readFileSync(meta, 'utf8')
      .replace(/node.id=1/, 'node.id=2')
      .replace(/cluster.id=.*/, 'cluster.id=AO_p5oA3RGWrJTf6oByq5w'),
  )
  const { code, out } = await ottla(['verify', data.path, other.path])
  assert.equal(code, 1)
  assert.match(out, /it is of node 2, but .* is of 1; the broker refuses to start/)
  assert.match(out, /it is of cluster AO_p5oA3RGWrJTf6oByq5w, but/)
  renameSync(meta, `${meta}.old`)
  assert.match(
    (await ottla(['verify', data.path, other.path])).out,
    /meta\.properties: PROBLEM: it is missing/,
  )
})

test('--json has an object for each directory, each partition, each finding, and a summary', async () => {
  using data = copy()
  truncateSync(`${data.letters}/${FIRST}.log`, 10)
  const { code, out } = await ottla(['verify', '--json', data.path])
  assert.equal(code, 1)
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  assert.equal(lines.filter(({ type }) => type === 'directory').length, 1)
  const letters = lines.find(({ topic, partition }) => topic === 'letters' && partition === 0)
  assert.equal(letters?.['logEndOffset'], 0)
  assert.equal(letters['highWatermark'], 5)
  const summary = lines.at(-1)
  assert.equal(summary?.['type'], 'summary')
  assert.equal(lines.filter(({ severity }) => severity === 'problem').length, summary['problems'])
})

test('a directory that is not there, or is a file, is refused with a sentence', async () => {
  const missing = await ottla(['verify', `${original.path}/nothing`])
  assert.equal(missing.code, 1)
  assert.match(missing.error, /there is no such directory/)
  const file = await ottla(['verify', `${original.path}/data/meta.properties`])
  assert.match(file.error, /this is a file; ottla dump shows it/)
})
