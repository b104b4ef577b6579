import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { temporaryDirectory } from './cli-process.ts'
import { type CommandLine, commandLine, objects } from './in-process.ts'

const [first, second] = [temporaryDirectory(), temporaryDirectory()]
let line: CommandLine

before(async () => {
  line = await commandLine({ 'log.dirs': `${first.path},${second.path}` })
  await line.run('topics create letters -p 2')
  await line.run('produce letters -p 0', { input: 'a\nb\n' })
})
after(async () => {
  await line.close()
  first[Symbol.dispose]()
  second[Symbol.dispose]()
})

interface Dir {
  readonly path: string
  readonly totalBytes: number
  readonly replicas: readonly { readonly partition: number; readonly isFuture: boolean }[]
}

/** The directories that have the first partition. */
async function whereIsFirst(): Promise<Dir[]> {
  const { out } = await line.run('logdirs describe letters:0 --json')
  return objects<Dir>(out).filter(({ replicas }) => replicas.length > 0)
}

test('data directories are shown with their space and their replicas', async () => {
  const { out } = await line.run('logdirs describe')
  assert.match(out, /^BROKER +DIRECTORY +STATE +REPLICAS +BYTES +USABLE +TOTAL\n/)
  assert.match(out, new RegExp(`^ +1 +${first.path} +online +\\d+ +\\d+ +\\d+ +\\d+$`, 'm'))
  const replicas = await line.run('logdirs describe --replicas --broker 1')
  assert.match(replicas.out, /^letters +1 +1 +\S+ +0 +0 +current$/m)
  const [dir] = await whereIsFirst()
  assert.ok(dir !== undefined && dir.totalBytes > 0)
  const missing = await line.run('logdirs describe --broker 9')
  assert.match(missing.error, /there is no broker 9; there are 1/)
})

test('a partition moves to another directory of its broker', async () => {
  const [from] = await whereIsFirst()
  const to = from?.path === first.path ? second.path : first.path
  const moving = await line.run(`logdirs move letters:0 --to ${to}`)
  assert.equal(moving.out, 'moving letters-0\n', moving.error)
  assert.match(moving.error, /`ottla logdirs describe letters:0` shows how far it is/)
  let dirs: Dir[] = []
  for (let tries = 0; tries < 200; tries++) {
    dirs = await whereIsFirst()
    if (dirs.length === 1 && dirs[0]?.path === to) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.deepEqual(
    dirs.map(({ path }) => path),
    [to],
  )
  const nowhere = await line.run('logdirs move letters:0 --to /nowhere')
  assert.match(nowhere.error, /letters-0 is not moving: .*`ottla logdirs describe` shows those/)
  assert.equal(nowhere.code, 1)
})

test('a cluster is shown with its brokers and its quorum', async () => {
  const { out } = await line.run('cluster describe')
  assert.match(
    out,
    /^cluster \S{22}, controller 1\n\nBROKER +HOST +PORT +RACK +STATE\n +1 +127\.0\.0\.1/,
  )
  const [cluster] = objects<{ brokers: unknown[] }>((await line.run('cluster describe --json')).out)
  assert.equal(cluster?.brokers.length, 1)
  const quorum = await line.run('cluster quorum')
  assert.match(quorum.out, /^leader 1, epoch \d+, high watermark \d+\n\nNODE +ROLE +LOG-END +LAG/)
  assert.match(quorum.out, /^ +1 +leader +\d+ +0 /m)
})

test('features are shown, and moved to levels that the cluster takes', async () => {
  const { out } = await line.run('cluster features')
  assert.match(out, /^FEATURE +LEVEL +LOWEST +HIGHEST\n/)
  assert.match(out, /^metadata\.version +\d+ +\d+ +\d+$/m)
  const [feature] = objects<{ name: string; level: number }>(
    (await line.run('cluster features --json')).out,
  ).filter(({ name }) => name === 'metadata.version')
  const beyond = await line.run(`cluster features --set metadata.version=9999 --validate-only`)
  assert.match(beyond.error, /metadata\.version=9999 is not validated: /)
  assert.equal(beyond.code, 1)
  const same = `cluster features --set metadata.version=${feature?.level} --validate-only`
  assert.equal((await line.run(same)).code, 0)
  const wrong = await line.run('cluster features --set metadata.versoin=1')
  assert.match(wrong.error, /did you mean metadata\.version\?/)
  assert.match((await line.run('cluster features --set x=y')).error, /a level is a whole number/)
})

test('leaders that lead already are no error; what is to be elected must be said', async () => {
  const one = await line.run('cluster elect-leaders letters:1')
  assert.equal(one.out, 'letters-1 has its leader already\n', one.error)
  assert.equal(one.code, 0)
  const all = await line.run('cluster elect-leaders --all')
  assert.equal(all.out, 'every partition has its leader already\n')
  const none = await line.run('cluster elect-leaders')
  assert.match(none.error, /of which partitions\? name topics/)
})

test('nothing is on its way, and a broker that is not there cannot be unregistered', async () => {
  const moving = await line.run('cluster reassignments')
  assert.deepEqual([moving.code, moving.out], [0, ''])
  assert.match(moving.error, /no partition is on its way/)
  const unknown = await line.run('cluster unregister 9')
  assert.match(unknown.error, /broker 9 is not unregistered: /)
  assert.equal(unknown.code, 1)
})
