import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CommandLine, commandLine, objects } from './in-process.ts'

let line: CommandLine

before(async () => {
  line = await commandLine()
})
after(() => line.close())

interface Topic {
  readonly name: string
  readonly configs: Readonly<Record<string, string>>
  readonly partitions: readonly { readonly leaderId: number }[]
}

async function described(name: string): Promise<Topic> {
  const [topic] = objects<Topic>((await line.run(`topics describe ${name} --json`)).out)
  assert.ok(topic !== undefined)
  return topic
}

test('topics are described as a table and as objects', async () => {
  await line.run('topics create shown -p 2 --config retention.ms=7')
  const { out } = await line.run('topics describe shown')
  assert.match(
    out,
    /^shown\tid \S+\tpartitions 2\treplicas 1\n {2}retention\.ms=7\nPARTITION  LEADER/,
  )
  assert.match(out, /^ +1 +1 +0 +1 +1 +-$/m)
  const topic = await described('shown')
  assert.deepEqual(topic.configs, { 'retention.ms': '7' })
  assert.equal(topic.partitions.length, 2)
  const listed = objects<Topic>((await line.run('topics list --json')).out)
  assert.deepEqual(
    listed.map(({ name, partitions }) => [name, partitions]),
    [['shown', 2]],
  )
})

test('what becomes of each topic is an object a line with --json', async () => {
  const created = await line.run('topics create made shown --json')
  assert.deepEqual(
    objects<{ name: string; error: { code: string } | null }>(created.out).map((row) => [
      row.name,
      row.error?.code,
    ]),
    [
      ['made', undefined],
      ['shown', 'TOPIC_ALREADY_EXISTS'],
    ],
  )
  assert.equal(created.code, 1)
  const deleted = await line.run('topics delete made --json')
  assert.deepEqual(objects(deleted.out), [{ name: 'made', error: null }])
})

test('a topic gets more partitions and other settings', async () => {
  await line.run('topics create grown')
  const altered = await line.run('topics alter grown --partitions 3 --set retention.ms=5')
  assert.equal(altered.out, 'altered grown\n', altered.error)
  const topic = await described('grown')
  assert.equal(topic.partitions.length, 3)
  assert.deepEqual(topic.configs, { 'retention.ms': '5' })
  await line.run('topics alter grown --partitions 9 --delete retention.ms --validate-only')
  assert.equal((await described('grown')).partitions.length, 3)
  const fewer = await line.run('topics alter grown --partitions 2')
  assert.match(fewer.error, /grown is not altered: .*3/)
  assert.equal(fewer.code, 1)
  assert.match((await line.run('topics alter grown')).error, /what to alter\? give --partitions/)
  assert.match((await line.run('topics alter grow -p 4')).error, /did you mean grown\?/)
  assert.match((await line.run('topics alter grown --set x.y=1')).error, /has no setting x\.y/)
  assert.match(
    (await line.run('topics describe grow')).error,
    /no topic grow; did you mean grown\?/,
  )
  assert.match((await line.run('consume grow -e')).error, /no topic grow; did you mean grown\?/)
})

test('records are deleted before an offset, before a time, or all', async () => {
  await line.run('topics create cut -p 2')
  await line.run('produce cut -p 0', { input: '0\n1\n2\n3\n' })
  await line.run('produce cut -p 1', { input: '0\n1\n' })
  const cut = async (rest: string): Promise<(number | null)[]> => {
    const ended = await line.run(`topics delete-records ${rest} --json`)
    assert.equal(ended.code, 0, ended.error)
    return objects<{ firstOffset: number | null }>(ended.out).map(({ firstOffset }) => firstOffset)
  }
  assert.deepEqual(await cut('cut:0 --before 1'), [1])
  assert.deepEqual(await cut('cut --before-time 2001-01-01'), [1, 0])
  assert.deepEqual(await cut('cut:0 --before-time 2099-01-01'), [4])
  const all = await line.run('topics delete-records cut --all')
  assert.match(all.out, /^TOPIC +PARTITION +FIRST-OFFSET\ncut +0 +4\ncut +1 +2\n$/)
  const beyond = await line.run('topics delete-records cut:1 --before 9')
  assert.match(beyond.error, /records of cut-1 are not deleted: /)
  assert.equal(beyond.code, 1)
  assert.match((await line.run('topics delete-records cut')).error, /which records\? give one of/)
})

test('offsets are found at the ends, at a time, and at the greatest timestamp', async () => {
  await line.run('topics create found -p 2')
  await line.run('produce found -p 1', { input: 'a\nb\nc\n' })
  const at = async (where: string): Promise<(number | null)[]> => {
    const ended = await line.run(`offsets get found --at ${where} --json`)
    assert.equal(ended.code, 0, ended.error)
    return objects<{ offset: number | null }>(ended.out).map(({ offset }) => offset)
  }
  assert.deepEqual(await at('latest'), [0, 3])
  assert.deepEqual(await at('earliest'), [0, 0])
  assert.deepEqual(await at('2001-01-01'), [null, 0])
  assert.deepEqual(await at('2099-01-01T00:00:00Z'), [null, null])
  const [, greatest] = await at('max-timestamp')
  assert.ok(greatest !== null && greatest !== undefined && greatest >= 0)
  const ended = await line.run('offsets get found:1 --isolation committed')
  assert.match(ended.out, /^TOPIC +PARTITION +OFFSET +EPOCH +TIME\nfound +1 +3 +0 +-\n$/)
  const all = await line.run('offsets get --json')
  assert.ok(objects<{ topic: string }>(all.out).some(({ topic }) => topic === 'cut'))
  assert.match((await line.run('offsets get found --at noon')).error, /--at noon: give earliest/)
  assert.match((await line.run('offsets get found:5')).error, /has no partition 5; it has 0 to 1/)
})
