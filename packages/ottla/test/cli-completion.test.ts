import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { temporaryDirectory } from './cli-process.ts'
import { type CommandLine, commandLine, runHere } from './in-process.ts'

let line: CommandLine
const home = temporaryDirectory()

before(async () => {
  line = await commandLine()
  await line.run('topics create letters ledgers other')
  await line.run('groups reset-offsets readers --topic letters --to-earliest --execute')
  await runHere(`profile add here ${line.broker.bootstrapServers}`, { env })
})
after(async () => {
  await line.close()
  home[Symbol.dispose]()
})

const env = { XDG_CONFIG_HOME: home.path }

/** What may stand at the end of `ottla …`. */
async function completed(...words: string[]): Promise<string[]> {
  const ended = await runHere(['complete', '--', ...words], { env })
  assert.deepEqual([ended.code, ended.error], [0, ''])
  return ended.out.split('\n').slice(0, -1)
}

test('commands, their own commands, options and choices are completed', async () => {
  assert.deepEqual(await completed('con'), ['consume', 'configs'])
  assert.deepEqual(await completed('groups', 'd'), ['describe', 'delete', 'delete-offsets'])
  assert.deepEqual(await completed('groups', 'reset-offsets', 'x', '--to-e'), ['--to-earliest'])
  assert.deepEqual(await completed('produce', 'x', '--compression', 'z'), ['zstd'])
  assert.deepEqual(await completed('configs', 'describe', 'b'), ['broker'])
  assert.deepEqual(await completed('completion', ''), ['bash', 'zsh', 'fish'])
  assert.ok(!(await completed('')).includes('complete'), 'what is hidden is not offered')
  assert.deepEqual(await completed('produce', 'x', '--key-separator', ''), [])
})

test('topics, groups and profiles are completed from the cluster that the words name', async () => {
  assert.deepEqual(await completed('consume', 'le'), ['ledgers', 'letters'])
  assert.deepEqual(await completed('topics', 'delete', 'other', 'l'), ['ledgers', 'letters'])
  assert.deepEqual(await completed('groups', 'describe', ''), ['readers'])
  assert.deepEqual(await completed('consume', 'letters', '--group', 'r'), ['readers'])
  assert.deepEqual(await completed('topics', 'list', '--profile', ''), ['here'])
  assert.deepEqual(await completed('consume', '--bootstrap-server', '127.0.0.1:1', ''), [])
})

test('bash completes with the script', async () => {
  const bin = new URL('../bin/ottla.js', import.meta.url).pathname
  mkdirSync(`${home.path}/bin`)
  const program = `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`
  writeFileSync(`${home.path}/bin/ottla`, program, { mode: 0o755 })
  const script = `
    source <(ottla completion bash)
    COMP_LINE='ottla groups describe re' COMP_POINT=24 COMP_WORDS=(ottla groups describe re) COMP_CWORD=3
    _ottla; echo "\${COMPREPLY[@]}"
    COMP_LINE='ottla cluster ' COMP_POINT=14 COMP_WORDS=(ottla cluster '') COMP_CWORD=2
    _ottla; echo "\${COMPREPLY[@]}"
    complete -p ottla`
  const child = spawn('bash', ['--norc', '-c', script], {
    env: { ...env, PATH: `${home.path}/bin:${process.env.PATH}` },
  })
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (out += data.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  assert.deepEqual(out.split('\n'), [
    'readers',
    'describe quorum features unregister elect-leaders reassignments help',
    'complete -o default -F _ottla ottla',
    '',
  ])
})
