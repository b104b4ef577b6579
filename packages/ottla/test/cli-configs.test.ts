import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CommandLine, commandLine, objects } from './in-process.ts'

let line: CommandLine

before(async () => {
  line = await commandLine()
  await line.run('topics create letters other')
})
after(() => line.close())

interface Setting {
  readonly of: string
  readonly name: string
  readonly value: string | null
  readonly source: string
}

async function settings(args: string): Promise<Record<string, string | null>> {
  const { out } = await line.run(`configs describe ${args} --json`)
  return Object.fromEntries(objects<Setting>(out).map(({ name, value }) => [name, value]))
}

test('settings of a topic are set, deleted, and lists grow and shrink', async () => {
  const altered = await line.run(
    'configs alter topic letters --set retention.ms=60000 --set max.message.bytes=1000 --append cleanup.policy=compact',
  )
  assert.equal(altered.out, 'altered topic letters\n')
  assert.deepEqual(await settings('topic letters'), {
    'cleanup.policy': 'delete,compact',
    'max.message.bytes': '1000',
    'retention.ms': '60000',
  })
  await line.run('configs alter topic letters --delete retention.ms,max.message.bytes')
  await line.run('configs alter topic letters --subtract cleanup.policy=delete')
  assert.deepEqual(await settings('topic letters'), { 'cleanup.policy': 'compact' })
  await line.run('configs alter topics letters --delete cleanup.policy')
  const described = await line.run('configs describe topic letters')
  assert.equal(described.out, 'topic letters: nothing is set; --all shows what is in force\n')
})

test('settings are shown with their source, the defaults only when asked for', async () => {
  await line.run('configs alter topic other --set retention.ms=7')
  const { out } = await line.run('configs describe topic other --all')
  assert.match(out, /^topic other\nSETTING +VALUE +FROM +TYPE +CHANGES\n/)
  assert.match(out, /^retention\.ms +7 +topic +long +any-time$/m)
  assert.match(out, /^segment\.bytes +1073741824 +default +int +any-time$/m)
  const one = await settings('topic other --setting segment.bytes')
  assert.deepEqual(one, { 'segment.bytes': '1073741824' })
  const documented = await line.run('configs describe topic other -s retention.ms --documentation')
  assert.match(documented.out, /MEANING\nretention\.ms .*any-time +\w+ .*\n/)
  const all = await line.run('configs describe topic --json')
  assert.deepEqual([...new Set(objects<Setting>(all.out).map(({ of }) => of))], ['other'])
})

test('validate-only changes nothing', async () => {
  const taken = await line.run('configs alter topic letters --set retention.ms=5 --validate-only')
  assert.equal(taken.out, 'validated topic letters\n')
  assert.deepEqual(await settings('topic letters'), {})
  const refused = await line.run('configs alter topic letters --set retention.ms=x --validate-only')
  assert.match(refused.error, /topic letters is not validated: .*retention\.ms/)
  assert.equal(refused.code, 1)
})

test('one broker, all brokers, groups, client metrics and loggers have settings too', async () => {
  await line.run('configs alter broker default --set log.cleaner.threads=2')
  await line.run('configs alter broker 1 --set log.cleaner.threads=3')
  assert.equal((await settings('broker default'))['log.cleaner.threads'], '2')
  assert.equal((await settings('broker 1'))['log.cleaner.threads'], '3')
  await line.run('configs alter group readers --set consumer.session.timeout.ms=60000')
  assert.deepEqual(await settings('group'), { 'consumer.session.timeout.ms': '60000' })
  await line.run('configs alter client-metrics watch --set interval.ms=10000')
  assert.deepEqual(await settings('client-metrics watch'), { 'interval.ms': '10000' })
  const silent = await line.run('configs alter logger 1 --set nobody=DEBUG')
  assert.match(silent.error, /logger 1 .*nobody/i)
  const atStart = await line.run('configs alter broker 1 --set log.dirs=/x --json')
  assert.match(atStart.error, /broker 1 is not altered: Cannot update these configs dynamically/)
  assert.match(atStart.out, /"of":"1","error":\{"code":"INVALID_REQUEST"/)
})

test('what is misspelt is answered with what was meant', async () => {
  const error = async (args: string): Promise<string> => {
    const ended = await line.run(`configs ${args}`)
    assert.equal(ended.code, 1)
    return ended.error
  }
  assert.match(
    await error('describe topik'),
    /nothing called topik has settings; did you mean topic/,
  )
  assert.match(
    await error('describe table'),
    /there are topic, broker, logger, group, client-metrics/,
  )
  assert.match(
    await error('describe topic leters'),
    /there is no topic leters; did you mean letters/,
  )
  assert.match(await error('describe broker 7'), /there is no broker 7; there are 1; `default` is/)
  assert.match(await error('describe topic letters -s retention.m'), /did you mean retention\.ms\?/)
  assert.match(
    await error('alter topic letters --set retention.m=5'),
    /topic letters has no setting retention\.m; did you mean retention\.ms\?/,
  )
  assert.match(
    await error('alter topic letters --set retention.ms'),
    /give name=value, as in --set/,
  )
  assert.match(await error('alter topic letters'), /what to change\? give --set name=value/)
})

test('quotas are set, listed and removed', async () => {
  const set = await line.run(
    'quotas set producer_byte_rate=1048576 request_percentage=50 --user alice',
  )
  assert.equal(set.out, 'set producer_byte_rate, request_percentage of user alice\n', set.error)
  await line.run('quotas set consumer_byte_rate=1500 --default-user --client-id reports')
  const { out } = await line.run('quotas list')
  assert.match(out, /^FOR +QUOTA +VALUE\n/)
  assert.match(out, /^client-id reports, user \(default\) +consumer_byte_rate +1500$/m)
  assert.match(out, /^user alice +producer_byte_rate +1048576$/m)
  const removed = await line.run('quotas remove producer_byte_rate --user alice')
  assert.equal(removed.out, 'removed producer_byte_rate of user alice\n')
  assert.deepEqual(objects((await line.run('quotas list --user alice --json')).out), [
    { entity: { user: 'alice' }, quotas: { request_percentage: 50 } },
  ])
})

test('a quota that cannot be says why', async () => {
  const error = async (args: string): Promise<string> =>
    (await line.run(`quotas set ${args}`)).error
  assert.match(await error('producer_byte_rate=1'), /whose quota\? give --user, --client-id/)
  assert.match(await error('producer_byte_rate=x --user a'), /x is not a number/)
  assert.match(
    await error('producer_byte_rate --user a'),
    /give name=number, as in producer_byte_rate/,
  )
  assert.match(await error('producer_byte_rat=1 --user a'), /did you mean producer_byte_rate\?/)
  assert.match(
    await error('producer_byte_rate=1 --user a --ip 1.2.3.4'),
    /is not set: Invalid quota/,
  )
  assert.match(await error('producer_byte_rate=1 --user a --default-user'), /not both/)
})
