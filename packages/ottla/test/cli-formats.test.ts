import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { spawn } from 'node:child_process'
import { type CommandLine, commandLine, objects, runHere } from './in-process.ts'

let line: CommandLine

before(async () => {
  line = await commandLine()
})
after(() => line.close())

/** Runs and expects all to be well. */
async function output(args: string | readonly string[], input = ''): Promise<string> {
  const ended = await line.run(args, { input })
  assert.equal(ended.code, 0, ended.error)
  return ended.out
}

interface Line {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly [string, string | null][]
  readonly timestamp: number
  readonly partition: number
}

const consumed = async (args: string): Promise<Line[]> =>
  objects<Line>(await output(`consume ${args} -b -e --format json`))

test('objects become records with keys, headers, timestamps and partitions, and come out the same', async () => {
  await output('topics create full -p 3')
  const lines = [
    '{"key":"a","value":"b","headers":{"x":"1","y":null},"partition":2,"timestamp":1785585600000}',
    '{"key":{"id":7},"value":[1,2],"headers":[["x","1"],["x","2"]],"partition":1}',
    '{"key":"gone","partition":0}',
  ]
  await output('produce full --format json', lines.join('\n'))
  const all = await consumed('full')
  const of = (partition: number): Line => all.find((record) => record.partition === partition)!
  assert.deepEqual([of(2).key, of(2).value, of(2).timestamp], ['a', 'b', 1_785_585_600_000])
  assert.deepEqual(of(2).headers, [
    ['x', '1'],
    ['y', null],
  ])
  assert.deepEqual([of(1).key, of(1).value], ['{"id":7}', '[1,2]'])
  assert.deepEqual([of(0).key, of(0).value], ['gone', null], 'a tombstone')
  const text = await output('consume full -b -e --format json')
  await output('topics create copied -p 3')
  await output('produce copied --format json', text)
  const copied = await output('consume copied -b -e --format json')
  const sorted = (lines_: string): string => lines_.split('\n').sort().join('\n')
  assert.equal(sorted(copied), sorted(text.replaceAll('"topic":"full"', '"topic":"copied"')))
})

test('a line that is no record stops the input and says which', async () => {
  const error = async (input: string, ...options: string[]): Promise<string> => {
    const ended = await line.run(['produce', 'wrong', ...options], { input })
    assert.equal(ended.code, 1)
    return ended.error
  }
  const json = ['--format', 'json']
  assert.match(await error('{"value":"a"}\nnope\n', ...json), /line 2 is not JSON: /)
  assert.match(await error('[1]\n', ...json), /line 1 is not an object, as in \{"key"/)
  assert.match(
    await error('{"partition":-1}\n', ...json),
    /line 1: "partition" is not a whole number/,
  )
  assert.match(await error('{"timestamp":"now"}\n', ...json), /"timestamp" is not a whole number/)
  assert.match(
    await error('{"headers":["x"]}\n', ...json),
    /"headers" is neither \{"name": "value"\}/,
  )
  assert.match(
    await error('a\n', ...json, '--null', '-'),
    /--key-separator and --null are for text/,
  )
  assert.match(await error('xyz\n', '--bytes', 'hex'), /line 1: the value is not hex/)
  assert.match(await error('a\n', '--timestamp', 'noon'), /--timestamp noon: give a time/)
  assert.match(
    await error('a\n', '--header', 'x'),
    /give name=value, as in --header source=archive/,
  )
})

test('a text stands for null, and headers and a time are given to every record', async () => {
  const options = [
    '-k',
    ':',
    '--null',
    '-',
    '-H',
    'a=1',
    '-H',
    'b=x=y',
    '-T',
    '2026-08-01T12:00:00Z',
  ]
  await output(['produce', 'marked', ...options], 'gone:-\n-:kept\n')
  const [gone, kept] = await consumed('marked')
  assert.deepEqual([gone?.key, gone?.value], ['gone', null])
  assert.deepEqual([kept?.key, kept?.value], [null, 'kept'])
  const format = '%D %T %h %v\\n'
  assert.equal(
    await output(['consume', 'marked', '-o', '1', '-e', '--format', format]),
    '2026-08-01T12:00:00.000Z 1785585600000 a=1,b=x=y kept\n',
  )
})

test('bytes that are no text go in and out as base64 or hex', async () => {
  await output('produce binary --bytes hex -k :', 'ff00:00fe\n')
  assert.equal(await output('consume binary -b -e --bytes base64 --key-separator :'), '/wA=:AP4=\n')
  const json = await output('consume binary -b -e --bytes base64 --format json')
  await output('produce binary2 --bytes base64 --format json', json)
  assert.equal(await output('consume binary2 -b -e --bytes hex --key-separator :'), 'ff00:00fe\n')
})

test('consuming begins and ends at offsets and times', async () => {
  await output('topics create ranged')
  const hour = (of: number): string =>
    JSON.stringify({ value: `${of}`, timestamp: Date.UTC(2026, 7, 1, of) })
  await output('produce ranged --format json', [1, 2, 3, 4, 5].map(hour).join('\n'))
  const read = async (args: string): Promise<string> =>
    (await output(`consume ranged ${args}`)).replaceAll('\n', ' ').trim()
  assert.equal(await read('-o 3 -e'), '4 5')
  assert.equal(await read('-o -2 -e'), '4 5')
  assert.equal(await read('-o -99 -n 2'), '1 2')
  assert.equal(await read('-o 99 -e'), '')
  assert.equal(await read('--from-time 2026-08-01T03:30 -e'), '4 5')
  assert.equal(await read('-b --until-time 2026-08-01T03:00'), '1 2')
  assert.equal(await read('--from-time 2026-08-01T02:00Z --until-time 2026-08-01T04:00Z'), '2 3')
  assert.equal(await read('--from-time 2001-01-01 --until-time 0s'), '1 2 3 4 5')
  assert.equal(await read('-b --for 300ms --isolation committed'), '1 2 3 4 5')
  assert.equal(await read('--for 10ms'), '')
})

test('ends that do not go together are told', async () => {
  const error = async (args: string): Promise<string> =>
    (await line.run(`consume full ${args}`)).error
  assert.match(await error('-b -o 5'), /from where\? give one of --from-beginning/)
  assert.match(await error('-e -f'), /--exit-at-end or --follow\? give one/)
  assert.match(await error('-g x -o 5'), /a group goes on from its own offsets/)
  assert.match(
    await error('--until-time 2099-01-01'),
    /is in the future; --for ends after some time/,
  )
  assert.match(await error('--from-time noon'), /or how long ago, as in 2h30m/)
  assert.match(await error('--for ever'), /--for ever: give a duration/)
})

test('a reader that goes away ends the writer without a word', async () => {
  await output('produce many', 'a line of some length\n'.repeat(20_000))
  const bin = new URL('../bin/ottla.js', import.meta.url).pathname
  const at = `--bootstrap-server ${line.broker.bootstrapServers}`
  // The broker is in this process: the commands run beside it, not within a call that waits.
  const child = spawn('sh', [
    '-c',
    `"${process.execPath}" "${bin}" consume many -b -e ${at} | head -n 1`,
  ])
  let [out, error] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (error += data.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  assert.deepEqual([out, error], ['a line of some length\n', ''])
})

test('a command that is told to stop says nothing of it', async () => {
  const stop = new AbortController()
  stop.abort(new Error('stopped by SIGINT'))
  const at = ['--bootstrap-server', line.broker.bootstrapServers]
  const ended = await runHere(['topics', 'list', ...at], { stop: stop.signal })
  assert.deepEqual([ended.out, ended.error, ended.code], ['', '', 1])
})
