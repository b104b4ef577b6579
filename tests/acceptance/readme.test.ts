import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { startBroker, type RunningBroker } from 'ottla'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(
    (match) => match[1]!,
  )
}

function blockWith(language: string, text: string): string {
  const block = blocks(language).find((each) => each.includes(text))
  assert.ok(block !== undefined, `README.md has a ${language} block with ${text}`)
  return block
}

suite('the examples in README.md', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-readme-'))
  let broker: RunningBroker

  before(async () => {
    broker = await startBroker({
      dataDirectory: join(folder, 'data'),
      settings: { 'group.initial.rebalance.delay.ms': 0 },
    })
    // Where a user would have installed what the examples import, and this clone's commands.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'bin'))
    const node = join(root, 'node_modules/.bin/node')
    const command = join(root, 'packages/ottla/bin/ottla.js')
    // `npx ottla …` of this clone, against this test's broker instead of localhost:9092.
    writeFileSync(
      join(folder, 'bin/npx'),
      `#!/bin/sh\nshift\nexec ${node} ${command} "$@" --bootstrap-server ${broker.bootstrapServers}\n`,
      { mode: 0o755 },
    )
  })
  after(async () => {
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const here = (script: string): string =>
    script.replaceAll('localhost:9092', broker.bootstrapServers)
  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
  })

  const hasKcat = spawnSync('kcat', ['-V']).status === 0
  const missingKcat =
    hasKcat || process.env['CI'] === 'true' ? false : 'kcat is missing: apt-get install kcat'

  test('kcat produces and consumes', { skip: missingKcat }, async () => {
    const { stdout } = await run('sh', ['-ec', here(blockWith('sh', 'kcat'))])
    assert.equal(stdout, 'hello\n')
  })

  test('KafkaJS produces and consumes', async () => {
    const script = join(folder, 'kafkajs.mjs')
    const example = here(blockWith('js', 'kafkajs'))
    // The example goes on consuming; this one stops after the first record.
    const once = example.replace(
      /console\.log\((.*)\),/,
      '{ console.log($1); setTimeout(() => process.exit(0), 10) },',
    )
    assert.notEqual(once, example)
    writeFileSync(script, once)
    const { stdout } = await run(process.execPath, [script], {
      env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
    })
    assert.match(stdout, /franz: Dear Ottla/)
  })

  test('the command line creates, produces, consumes and describes', async () => {
    const { stdout } = await run('sh', ['-ec', blockWith('sh', 'npx ottla topics')], { env: env() })
    assert.deepEqual(
      ['a', 'b', 'c'].filter((value) => !stdout.split('\n').includes(value)),
      [],
    )
    assert.match(stdout, /orders/)
  })

  test('a program starts a broker of its own', async () => {
    const script = join(folder, 'embed.mjs')
    writeFileSync(script, blockWith('js', 'startBroker'))
    const { stdout } = await run(process.execPath, ['--conditions=ottla-src', script], {
      cwd: folder,
    })
    assert.match(stdout, /^\S+:\d+\n$/)
  })
})
