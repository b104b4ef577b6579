import assert from 'node:assert/strict'
import { batchSizeBytes } from '@ottla/records'
import { scanBatches } from '../src/batch-scan.ts'
import { SCAN_BYTES } from '../src/limits.ts'
import type { PooledFile } from '../src/open-files.ts'
import { batchOf, testOnBoth } from './world.ts'
import type { World } from './world.ts'

/** Sizes of values: around what is read at a time and what is kept in front of it, and far from both. */
const KB = 1024
const sizes = [
  [1, 100, 1_000, 900 * KB, 120 * KB, 5, 140 * KB, 1_000 * KB, 7, 3_000 * KB, 1, 128 * KB, 60],
  [3_000 * KB, 1, 1, 2_500 * KB, 1_024 * KB, 1_023 * KB],
  Array.from({ length: 3_000 }, (_, index) => 1 + ((index * 7_919) % 2_000)),
  Array.from({ length: 90 }, (_, index) => 1 + ((index * 7_919) % 150) * KB),
]

function writeFile(world: World, valueSizes: readonly number[]): [PooledFile, Buffer] {
  const bytes = Buffer.concat(valueSizes.map((size) => batchOf(['x'.repeat(size)])))
  const file = world.resources().openFiles.file(`${world.root}/0.log`)
  world.disk.makeDirectory(world.root)
  file.truncate(0)
  file.write([bytes], 0)
  return [file, bytes]
}

async function visited(
  file: PooledFile,
  from: number,
  to: number,
  until = Infinity,
): Promise<{ bytes: Buffer; position: number; fault: string | null }> {
  const batches: Buffer[] = []
  let expected = from
  const result = await scanBatches(file, from, to, true, (buffer, at, size, position) => {
    assert.equal(position, expected)
    expected += size
    batches.push(Buffer.from(buffer.subarray(at, at + size)))
    return batches.length < until
  })
  return { bytes: Buffer.concat(batches), ...result }
}

testOnBoth('a scan brings every batch once, in order, however large they are', async (world) => {
  for (const valueSizes of sizes) {
    const [file, bytes] = writeFile(world, valueSizes)
    assert.equal(bytes.length > SCAN_BYTES, true)
    const all = await visited(file, 0, bytes.length)
    assert.deepEqual({ ...all, bytes: 0 }, { bytes: 0, position: bytes.length, fault: null })
    assert.equal(all.bytes.equals(bytes), true)

    const second = batchSizeBytes(bytes, 0)
    const rest = await visited(file, second, bytes.length)
    assert.equal(rest.bytes.equals(bytes.subarray(second)), true)
    file.close()
  }
})

testOnBoth('a scan ends where a batch is cut off, by its end or by the file’s', async (world) => {
  const [file, bytes] = writeFile(world, sizes[0]!)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) starts.push(at)
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? bytes.length
    for (const to of [start + 1, start + 20, end - 1]) {
      const { position, fault } = await visited(file, 0, to)
      assert.deepEqual({ position, fault }, { position: start, fault: 'the last batch is cut off' })
    }
  }
  file.truncate(bytes.length - 1)
  const short = await visited(file, 0, bytes.length)
  assert.equal(short.position, starts.at(-1))
  assert.equal(short.fault, 'the last batch is cut off')
  file.close()
})

testOnBoth('a scan that is stopped reads no more, and its file may be closed', async (world) => {
  const [file, bytes] = writeFile(world, sizes[3]!)
  for (const until of [1, 20, 89]) {
    const { bytes: seen, position } = await visited(file, 0, bytes.length, until)
    assert.equal(position, seen.length)
    assert.equal(seen.equals(bytes.subarray(0, position)), true)
    file.rest()
    assert.equal(file.isOpen, false)
  }
  file.close()
})
