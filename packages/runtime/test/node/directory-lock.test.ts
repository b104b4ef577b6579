import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NodeDisk } from '@ottla/runtime/node'

function withDirectory(body: (directory: string) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ottla-lock-'))
    try {
      await body(directory)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

const source = `
  import { NodeDisk } from '@ottla/runtime/node'
  new NodeDisk().lock(process.argv[1])
  process.stdout.write('locked')
  setInterval(() => {}, 1000)
`

/** Another process that holds the lock until it is killed. */
async function holder(directory: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const options = ['--conditions=ottla-src', '--input-type=module', '-e', source, directory]
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return {
    pid: child.pid!,
    kill: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    },
  }
}

test(
  "a live process' lock is refused with its pid; a dead one's is taken over",
  withDirectory(async (directory) => {
    const other = await holder(directory)
    const disk = new NodeDisk()
    assert.throws(() => disk.lock(directory), {
      code: 'LOCKED',
      message: new RegExp(`in use by process ${other.pid};`),
    })
    await other.kill()
    const lock = disk.lock(directory)
    assert.equal(JSON.parse(readFileSync(join(directory, '.lock'), 'utf8')).pid, process.pid)
    assert.throws(() => disk.lock(directory), /in use by this process already/)
    lock.release()
    assert.deepEqual(readdirSync(directory), [])
  }),
)

test(
  'a pid that was given out again, or another boot, does not hold the lock',
  withDirectory((directory) => {
    const disk = new NodeDisk()
    const lock = disk.lock(directory)
    const path = join(directory, '.lock')
    const own = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    lock.release()
    for (const stale of [{ started: '1' }, { boot: 'another' }, { pid: 2 ** 22 + 1 }]) {
      writeFileSync(path, JSON.stringify({ ...own, ...stale }))
      disk.lock(directory).release()
    }
  }),
)

test(
  'a lock file that is empty or cut short is nobody’s',
  withDirectory((directory) => {
    for (const content of ['', '{"pid":', 'null', '{"pid":"x"}']) {
      writeFileSync(join(directory, '.lock'), content)
      new NodeDisk().lock(directory).release()
    }
    assert.deepEqual(readdirSync(directory), [])
  }),
)
