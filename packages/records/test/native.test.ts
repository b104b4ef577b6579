import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const SMALL_USE = `
  const { checkBatch, decodeBatch, encodeBatch } = await import('@ottla/records')
  const bytes = encodeBatch({ records: [{ timestamp: 1, value: Buffer.alloc(500) }] })
  checkBatch(bytes, 0, bytes.length)
  decodeBatch(bytes)
  process.stdout.write(JSON.stringify(process.report.getReport().sharedObjects))
`

test('importing the package and reading a small batch loads no native addon', () => {
  const args = ['--conditions=ottla-src', '--input-type=module', '--eval', SMALL_USE]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  })
  assert.match(stdout, /^\[/, stderr)
  const addons = (JSON.parse(stdout) as string[]).filter((path) => path.endsWith('.node'))
  assert.deepEqual(addons, [])
})
