import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CommandLine, commandLine, objects } from './in-process.ts'

let line: CommandLine

before(async () => {
  line = await commandLine()
  await line.run('topics create letters -p 2')
  await line.run('produce letters -p 0', { input: '1\n2\n3\n4\n5\n' })
  await line.run('produce letters -p 1', { input: '6\n' })
})
after(() => line.close())

/** A group without members that has read all there is. */
async function groupThatRead(name: string): Promise<void> {
  const { code, error } = await line.run(`consume letters --group ${name} -b -n 6`)
  assert.equal(code, 0, error)
}

interface Described {
  readonly groupId: string
  readonly state: string
  readonly members: readonly { readonly partitions: readonly unknown[] }[]
  readonly offsets: readonly { readonly committed: number | null; readonly lag: number | null }[]
}

async function committedBy(group: string): Promise<(number | null)[]> {
  const { out } = await line.run(`groups describe ${group} --json`)
  return objects<Described>(out)[0]!.offsets.map(({ committed }) => committed)
}

test('groups are listed as a table and as objects, by state and type', async () => {
  await groupThatRead('listed')
  const listed = await line.run('groups list --state empty,stable --type Classic')
  assert.match(listed.out, /^GROUP +TYPE +STATE +PROTOCOL\n/)
  assert.match(listed.out, /^listed +classic +Empty +consumer$/im)
  assert.equal((await line.run('groups list --type share')).out, '')
  const [first] = objects<{ groupId: string }>((await line.run('groups list --json')).out)
  assert.equal(first?.groupId, 'listed')
})

test('a group is described with its members, what they read, and its lag', async () => {
  const stop = new AbortController()
  const reading = line.run('consume letters --group described -b', { stop: stop.signal })
  let group: Described | undefined
  for (let tries = 0; tries < 100; tries++) {
    const { out } = await line.run('groups describe described --json')
    group = objects<Described>(out)[0]
    const offsets = group?.offsets ?? []
    if (offsets.length === 2 && offsets.every(({ lag }) => lag === 0)) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(group?.state, 'Stable')
  assert.equal(group.members[0]?.partitions.length, 2)
  const described = await line.run('groups describe described')
  assert.match(described.out, /^described: classic group, stable, range, 1 member, coordinator 1\n/)
  assert.match(described.out, /^MEMBER .*\n.* letters:0,1$/m)
  assert.match(described.out, /^letters +0 +5 +5 +0 +\S+$/m)
  const offsets = await line.run('groups describe described --offsets')
  assert.doesNotMatch(offsets.out, /INSTANCE/)

  const refused = await line.run('groups reset-offsets described --topic letters --to-earliest')
  assert.match(refused.error, /described has members .*stop them first/)
  const kept = await line.run('groups delete described')
  assert.match(kept.error, /described is not deleted: .*stop its members first/)
  assert.equal(kept.code, 1)
  const inUse = await line.run('groups delete-offsets described --topic letters --json')
  assert.match(inUse.error, /stop the group's members that read it first/)
  assert.match(inUse.out, /"partition":1,"error":\{"code":"GROUP_SUBSCRIBED_TO_TOPIC"/)
  stop.abort()
  await reading
})

test('a reset shows what it would do, and does it only when told to', async () => {
  await groupThatRead('reset')
  const shown = await line.run('groups reset-offsets reset --topic letters:0 --to-earliest')
  assert.equal(shown.out, 'TOPIC    PARTITION  FROM  TO\nletters          0     5   0\n')
  assert.match(shown.error, /nothing is changed yet; --execute does it/)
  assert.deepEqual(await committedBy('reset'), [5, 1])
  const done = await line.run(
    'groups reset-offsets reset --topic letters:0 --to-earliest --execute',
  )
  assert.equal(done.error, '')
  assert.deepEqual(await committedBy('reset'), [0, 1])
})

test('a reset goes to an end, an offset, a time, a duration ago, or some records back', async () => {
  await groupThatRead('moved')
  const to = async (...aim: string[]): Promise<(number | null)[]> => {
    const args = ['groups', 'reset-offsets', 'moved', '--all-topics', '--execute', ...aim]
    const { code, error } = await line.run(args)
    assert.equal(code, 0, error)
    return committedBy('moved')
  }
  assert.deepEqual(await to('--shift-by', '-1'), [4, 0])
  assert.deepEqual(await to('--to-earliest'), [0, 0])
  assert.deepEqual(await to('--to-offset', '3'), [3, 1], 'the end where that comes sooner')
  assert.deepEqual(await to('--to-current'), [3, 1])
  assert.deepEqual(await to('--by', '1h30m'), [0, 0])
  assert.deepEqual(await to('--to-time', '2099-01-01'), [5, 1])
  assert.deepEqual(await to('--to-time', '1970-01-01T00:00:00Z'), [0, 0])
  assert.deepEqual(await to('--to-latest'), [5, 1])
})

test('a reset makes a group that has never been', async () => {
  await line.run('groups reset-offsets fresh --topic letters:1 --to-latest --execute')
  assert.deepEqual(await committedBy('fresh'), [1])
})

test('a reset says what it still needs to know', async () => {
  const reset = (rest: string): Promise<string> =>
    line.run(`groups reset-offsets x ${rest}`).then(({ error }) => error)
  assert.match(await reset('--topic letters'), /where to\? give one of --to-earliest/)
  assert.match(await reset('--to-latest --to-earliest --topic letters'), /where to\? give one of/)
  assert.match(await reset('--to-latest'), /which offsets\? give --topic letters/)
  assert.match(await reset('--to-time noon --topic letters'), /give a time, as in 2026-08-01T12/)
  assert.match(await reset('--by soon --topic letters'), /give a duration, as in 90s/)
  assert.match(await reset('--topic leters --to-latest'), /no topic leters; did you mean letters\?/)
  assert.match(await reset('--topic letters:7 --to-latest'), /has no partition 7; it has 0 to 1/)
  assert.match(await reset('--topic letters --shift-by -1'), /has no committed offset to shift/)
})

test('groups and offsets are deleted; what is not there is told', async () => {
  await groupThatRead('gone')
  const offsets = await line.run('groups delete-offsets gone --topic letters:1')
  assert.equal(offsets.out, "deleted gone's offset in letters-1\n")
  assert.deepEqual(await committedBy('gone'), [5])
  const none = await line.run('groups delete-offsets gone --topic letters:1')
  assert.match(none.error, /gone has no offsets in letters:1/)
  const deleted = await line.run('groups delete gone never')
  assert.equal(deleted.out, 'deleted gone\n')
  assert.match(deleted.error, /never is not deleted: .*`ottla groups list` shows all/)
  const missing = await line.run('groups describe moves')
  assert.match(missing.error, /there is no group moves; did you mean/)
  assert.equal(missing.code, 1)
})
