import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Ended,
  ottla,
  type StartedBroker,
  startCliBroker,
  temporaryDirectory,
} from './cli-process.ts'

const directory = temporaryDirectory()
let broker: StartedBroker

const quickGroups = ['--set', 'group.initial.rebalance.delay.ms=0']
const start = (): Promise<StartedBroker> =>
  startCliBroker(['--listen', '127.0.0.1:0', '--data-dir', directory.path, ...quickGroups])

before(async () => {
  broker = await start()
})
after(async () => {
  await broker.stop()
  directory[Symbol.dispose]()
})

function run(args: readonly string[], input?: string): Promise<Ended> {
  const at = ['--bootstrap-server', broker.address]
  return ottla([...args, ...at], input === undefined ? {} : { input })
}

test('topics are created, listed, described and deleted', async () => {
  const created = await run([
    'topics',
    'create',
    'one',
    'two',
    '-p',
    '3',
    '--config',
    'retention.ms=7',
  ])
  assert.equal(created.out, 'created one\ncreated two\n')
  assert.equal((await run(['topics', 'list'])).out, 'one\ntwo\n')
  const described = await run(['topics', 'describe', 'two'])
  assert.match(described.out, /^two\tid .*\tpartitions 3\treplicas 1\n {2}retention\.ms=7\n/)
  const again = await run(['topics', 'create', 'one'])
  assert.equal(again.code, 1)
  assert.match(again.error, /one is not created: .*already exists/)
  assert.equal((await run(['topics', 'create', 'one', '--if-not-exists'])).code, 0)
  const deleted = await run(['topics', 'delete', 'one', 'two', 'three'])
  assert.equal(deleted.out, 'deleted one\ndeleted two\n')
  assert.match(deleted.error, /three is not deleted: there is no such topic/)
  assert.equal(deleted.code, 1)
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`lines go in and come out, compressed with ${codec}`, async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `line ${index} äöü`)
    const topic = `lines-${codec}`
    const produced = await run(['produce', topic, '--compression', codec], `${lines.join('\n')}\n`)
    assert.equal(produced.code, 0, produced.error)
    assert.match(produced.error, /2000 records to lines/)
    const consumed = await run(['consume', topic, '--from-beginning', '--exit-at-end'])
    assert.equal(consumed.out, `${lines.join('\n')}\n`)
    assert.equal(consumed.code, 0)
  })
}

test('keys are split off, written, and formatted', async () => {
  await run(['produce', 'keyed', '--key-separator', ':'], 'a:1\r\nb:2:3\nc:')
  const consume = ['consume', 'keyed', '-b', '-e']
  const plain = await run([...consume, '--key-separator', '='])
  assert.equal(plain.out, 'a=1\nb=2:3\nc=\n')
  const formatted = await run([...consume, '--format', '%t-%p@%o %k%%%v\\n'])
  assert.equal(formatted.out, 'keyed-0@0 a%1\nkeyed-0@1 b%2:3\nkeyed-0@2 c%\n')
  const json = await run([...consume, '--format', 'json', '--max', '1'])
  assert.equal((JSON.parse(json.out) as { key: string }).key, 'a')
  const wrong = await run(['produce', 'keyed', '--key-separator', ':'], 'a:1\nnone\n')
  assert.match(wrong.error, /line 2 has no key/)
  assert.equal(wrong.code, 1)
})

test('a group goes on where it stopped, to the record', async () => {
  await run(['produce', 'grouped'], '1\n2\n3\n4\n5\n')
  const consume = ['consume', 'grouped', '--group', 'readers', '--from-beginning']
  assert.equal((await run([...consume, '--max', '2'])).out, '1\n2\n')
  assert.equal((await run([...consume, '--max', '1'])).out, '3\n')
  assert.equal((await run([...consume, '--exit-at-end'])).out, '4\n5\n')
  assert.equal((await run([...consume, '--exit-at-end'])).out, '')
})

test('what was written is there after a clean stop, and after kill -9', async () => {
  await run(['produce', 'kept'], 'one\n')
  await broker.stop()
  broker = await start()
  await run(['produce', 'kept'], 'two\n')
  await broker.stop('SIGKILL')
  broker = await start()
  assert.equal((await run(['consume', 'kept', '-b', '-e'])).out, 'one\ntwo\n')
})

test('a topic that is not there, and a broker that is not there, are told', async () => {
  const missing = await run(['consume', 'nowhere', '-e'])
  assert.match(missing.error, /there is no topic nowhere/)
  assert.equal(missing.code, 1)
  const unreachable = await ottla(['topics', 'list', '--bootstrap-server', '127.0.0.1:1'])
  assert.match(unreachable.error, /cannot reach a broker at 127\.0\.0\.1:1/)
  assert.doesNotMatch(unreachable.error, /^\s+at /m)
  assert.equal(unreachable.code, 1)
})

test('a misspelt command is answered with the one that was meant', async () => {
  const ended = await ottla(['prodcue', 'letters'])
  assert.match(ended.error, /Did you mean produce\?/)
  assert.equal(ended.code, 1)
  const help = await ottla(['--help'])
  assert.match(help.out, /Examples:/)
  assert.equal(help.code, 0)
  assert.match((await ottla(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
})
