import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Ended, temporaryDirectory } from './cli-process.ts'
import { commandLine, objects, runHere } from './in-process.ts'

/** Runs `ottla` with a home of its own. */
function homeIn(path: string): (args: string, env?: Record<string, string>) => Promise<Ended> {
  return (args, env = {}) => runHere(args, { env: { XDG_CONFIG_HOME: path, ...env } })
}

test('profiles are added, listed, used and removed; the first is used at once', async () => {
  using directory = temporaryDirectory()
  const run = homeIn(directory.path)
  assert.equal((await run('profile list')).out, '')
  assert.equal((await run('profile add prod kafka1:9092,kafka2:9092')).out, 'added prod\n')
  await run('profile add local localhost:9092')
  assert.match(
    (await run('profile list')).out,
    /^PROFILE +BOOTSTRAP-SERVERS +CURRENT\nprod +\S+ +yes\n/,
  )
  await run('profile use local')
  assert.deepEqual(objects((await run('profile list --json')).out), [
    { name: 'prod', bootstrapServers: 'kafka1:9092,kafka2:9092', isCurrent: false },
    { name: 'local', bootstrapServers: 'localhost:9092', isCurrent: true },
  ])
  assert.equal((await run('profile remove local')).out, 'removed local\n')
  const file = JSON.parse(readFileSync(`${directory.path}/ottla/profiles.json`, 'utf8')) as unknown
  assert.deepEqual(file, {
    current: null,
    profiles: { prod: { bootstrapServers: 'kafka1:9092,kafka2:9092' } },
  })
})

test('a command asks the flag, else the named profile, else the current one', async () => {
  using directory = temporaryDirectory()
  const run = homeIn(directory.path)
  const line = await commandLine()
  try {
    await run(`profile add here ${line.broker.bootstrapServers}`)
    await run('profile add nowhere 127.0.0.1:1')
    await run('profile add elsewhere 127.0.0.1:2 --use')
    const at = async (args: string, env?: Record<string, string>): Promise<string> => {
      const { code, error } = await run(`topics list ${args}`.trim(), env)
      return code === 0 ? 'here' : (/127\.0\.0\.1:\d/.exec(error)?.[0] ?? error)
    }
    assert.equal(await at('--profile here'), 'here')
    assert.equal(await at('', { OTTLA_PROFILE: 'here' }), 'here')
    assert.equal(await at('--profile nowhere', { OTTLA_PROFILE: 'here' }), '127.0.0.1:1')
    assert.equal(await at(''), '127.0.0.1:2')
    const servers = line.broker.bootstrapServers
    assert.equal(await at(`--bootstrap-server ${servers} --profile nowhere`), 'here')
    assert.match(await at('--profile her'), /there is no profile her; did you mean here\?/)
  } finally {
    await line.close()
  }
})

test('what is wrong with a profile is told', async () => {
  using directory = temporaryDirectory()
  const run = homeIn(directory.path)
  const error = async (args: string): Promise<string> => {
    const ended = await run(args)
    assert.equal(ended.code, 1)
    return ended.error
  }
  assert.match(
    await error('profile use prod'),
    /there is no profile prod; `ottla profile add` makes/,
  )
  assert.match(
    await error('profile add prod kafka1'),
    /kafka1: give host:port, several with commas/,
  )
  assert.match(await error('profile add p/q kafka1:9092'), /p\/q: a profile's name has letters/)
  assert.match(
    (await runHere('profile add a b:1')).error,
    /profiles need a home: set XDG_CONFIG_HOME/,
  )
  mkdirSync(`${directory.path}/ottla`, { recursive: true })
  const path = `${directory.path}/ottla/profiles.json`
  writeFileSync(path, 'nonsense')
  assert.match(await error('topics list'), /profiles\.json: this is not JSON: .*put it right/)
  writeFileSync(path, '{"profiles":{"prod":{}}}')
  assert.match(await error('profile list'), /profile prod has no "bootstrapServers"/)
})
