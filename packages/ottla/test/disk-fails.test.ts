import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client } from '@ottla/client'
import { nodeRuntime } from '@ottla/runtime/node'
import { ottla, type StartedBroker, startCliBroker, temporaryDirectory } from './cli-process.ts'

const free = ['--listen', '127.0.0.1:0']
const isLinux = process.platform === 'linux'
const skip = isLinux ? false : 'it takes a Linux'

const make = (broker: StartedBroker, topic: string, partitions: number) =>
  ottla(['topics', 'create', topic, '-p', String(partitions), '--bootstrap-server', broker.address])

/** Writes until the broker takes no more. @returns How many letters it acknowledged. */
async function fill(broker: StartedBroker, topic: string): Promise<number> {
  await using client = new Client({ runtime: nodeRuntime(), bootstrapServers: broker.address })
  const producer = client.producer({ deliveryTimeoutMs: 1_000 })
  for (let letters = 0; letters < 1_000; letters++) {
    try {
      await producer.send({ topic, value: 'x'.repeat(8_000) })
    } catch {
      return letters
    }
  }
  throw new Error('it takes for ever')
}

async function count(broker: StartedBroker, topic: string): Promise<number> {
  const { out, error, code } = await ottla([
    'consume',
    topic,
    '--from-beginning',
    '--exit-at-end',
    '--bootstrap-server',
    broker.address,
  ])
  assert.equal(code, 0, error)
  return out.trim().split('\n').length
}

// Every file of the process may grow to so many KB: the kernel refuses more with EFBIG, as a disk would.
test(
  'a broker whose only directory fails ends with code 1, says why, and loses nothing',
  { skip },
  async () => {
    using directory = temporaryDirectory()
    const args = [...free, '--data-dir', directory.path]
    const limited = ['bash', '-c', 'trap "" XFSZ; ulimit -f 200; exec "$0" "$@"']
    const broker = await startCliBroker(args, {}, limited)
    assert.equal((await make(broker, 'letters', 1)).code, 0)
    const acknowledged = await fill(broker, 'letters')
    assert.ok(acknowledged > 0)
    const { code, error } = await broker.ended
    assert.equal(code, 1)
    const last = error.trim().split('\n').at(-1)!
    assert.match(last, /the broker has stopped/)
    assert.ok(last.includes(directory.path), last)
    assert.match(last, /EFBIG.*check the device/)
    assert(!existsSync(join(directory.path, '.kafka_cleanshutdown')))

    const again = await startCliBroker(args)
    assert.ok((await count(again, 'letters')) >= acknowledged)
    assert.equal((await again.stop()).code, 0)
  },
)

// A link to /dev/full where the broker is going to write: the kernel says ENOSPC.
test(
  'a directory without space is done without; when there is some, the next start uses it',
  { skip },
  async () => {
    using directory = temporaryDirectory()
    const [one, two] = [join(directory.path, 'one'), join(directory.path, 'two')]
    const args = [...free, '--data-dir', `${one},${two}`]
    mkdirSync(two)
    symlinkSync('/dev/full', join(two, 'meta.properties.tmp'))
    const broker = await startCliBroker(args)
    assert.equal((await make(broker, 'letters', 2)).code, 0)
    const { code, error } = await broker.stop()
    assert.equal(code, 0)
    const lines = error.split('\n').filter((line) => line.includes('a log directory failed'))
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /directory=.*\/two .*ENOSPC.*make room on its device/)
    assert(existsSync(join(one, '.kafka_cleanshutdown')))
    assert(!existsSync(join(two, 'meta.properties')))

    const again = await startCliBroker(args)
    assert.equal((await make(again, 'more', 2)).code, 0)
    assert.equal((await again.stop()).code, 0)
    assert(existsSync(join(two, 'more-0')) || existsSync(join(two, 'more-1')))
    assert(existsSync(join(two, '.kafka_cleanshutdown')))
  },
)

test('a directory that cannot be made is told with its path and what to do', { skip }, async () => {
  const { code, error } = await ottla(['start', ...free, '--data-dir', '/proc/ottla'])
  assert.equal(code, 1)
  assert.match(error, /the log directory \/proc\/ottla failed.*then restart the broker/)
  assert.doesNotMatch(error, /\n +at /)
})

const mayMount =
  isLinux && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

test(
  'a full file system stops the broker; with more space a restart has all that was acknowledged',
  { skip: mayMount ? false : 'it takes the right to mount' },
  async () => {
    using directory = temporaryDirectory()
    const args = [...free, '--data-dir', directory.path]
    // Seen by nobody else, and gone with the process: so one shell starts both brokers.
    const script = `mount -t tmpfs -o size=600k none ${directory.path} && "$0" "$@"; test $? = 1 || exit 7
      mount -o remount,size=64m ${directory.path} && exec "$0" "$@"`
    const broker = await startCliBroker(args, {}, ['unshare', '-m', 'bash', '-c', script])
    assert.equal((await make(broker, 'letters', 1)).code, 0)
    const acknowledged = await fill(broker, 'letters')
    assert.ok(acknowledged > 0)
    const again = { ...broker, address: await broker.nextAddress() }
    assert.ok((await count(again, 'letters')) >= acknowledged)
    const { code, error } = await broker.stop()
    assert.equal(code, 0)
    assert.match(error, /the broker has stopped.*ENOSPC.*make room on its device/)
  },
)
