import assert from 'node:assert/strict'
import { batchSizeBytes } from '@ottla/records'
import type { Log } from '../src/log.ts'
import type { LogConfig } from '../src/log-config.ts'
import { append, batchOf, openLog, readAll, testOnBoth } from './world.ts'
import type { World } from './world.ts'

const config: Partial<LogConfig> = { segmentBytes: 450, indexIntervalBytes: 100 }

/** Twenty batches of an idempotent producer in several segments, stopped without a close. */
async function abandonedLog(world: World): Promise<{ bytes: Buffer; size: number }> {
  const log = await openLog(world, { config })
  for (let index = 0; index < 20; index++) append(log, produced(index))
  const bytes = await readAll(log, 0)
  await log.flush()
  await log.discard()
  return { bytes, size: batchSizeBytes(bytes, 0) }
}

function produced(index: number): Buffer {
  return batchOf([{ timestamp: 1_000 + index }], {
    producerId: 5,
    producerEpoch: 0,
    baseSequence: index,
  })
}

function path(world: World, name: string): string {
  return `${world.root}/orders-0/${name}`
}

function namesOf(world: World, suffix: string): string[] {
  return world.disk
    .list(`${world.root}/orders-0`)
    .map(({ name }) => name)
    .filter((name) => name.endsWith(suffix))
}

function overwrite(world: World, name: string, at: number, bytes: Buffer): void {
  const file = world.disk.open(path(world, name), 'write')
  file.write([bytes], at)
  file.close()
}

function cut(world: World, name: string, size: number): void {
  const file = world.disk.open(path(world, name), 'write')
  file.truncate(size)
  file.close()
}

async function assertWhole(log: Log, bytes: Buffer, batches: number): Promise<void> {
  const size = bytes.length / 20
  assert.equal(log.logEndOffset, batches)
  assert.ok((await readAll(log, 0)).equals(bytes.subarray(0, size * batches)))
  for (let offset = 0; offset < batches; offset++) {
    assert.equal((await log.findByTimestamp(1_000 + offset))?.offset, offset)
  }
  assert.equal(await log.findByTimestamp(1_000 + batches), null)
  // The producer goes on where the log ends, and nowhere else.
  assert.equal(log.producers.get(5)?.lastSequence ?? -1, batches - 1)
}

testOnBoth('a torn last batch is cut off, wherever it is torn', async (world) => {
  const { bytes, size } = await abandonedLog(world)
  const last = namesOf(world, '.log').at(-1)!
  const end = world.disk.stat(path(world, last))!.sizeBytes
  for (let torn = 1; torn <= size; torn++) {
    cut(world, last, end - torn)
    const log = await openLog(world, { config })
    await assertWhole(log, bytes, 19)
    append(log, produced(19))
    await assertWhole(log, bytes, 20)
    await log.discard()
  }
})

testOnBoth('a last batch with any bad byte is cut off', async (world) => {
  const { bytes, size } = await abandonedLog(world)
  const last = namesOf(world, '.log').at(-1)!
  const end = world.disk.stat(path(world, last))!.sizeBytes
  // All bytes but the leader epoch's are covered by the CRC or by rules of their own. (A base offset that
  // is too large is not told from a gap; only one that is too small is.)
  for (let at = 8; at < size; at++) {
    if (at >= 12 && at < 16) continue
    const position = end - size + at
    const good = bytes.subarray(bytes.length - size + at, bytes.length - size + at + 1)
    overwrite(world, last, position, Buffer.from([good[0]! ^ 0x41]))
    const log = await openLog(world, { config })
    await assertWhole(log, bytes, 19)
    append(log, produced(19))
    await log.discard()
  }
})

testOnBoth('what is appended to a log that was torn after a clean stop survives', async (world) => {
  const { bytes, size } = await abandonedLog(world)
  const last = namesOf(world, '.log').at(-1)!
  const { sizeBytes } = world.disk.stat(path(world, last))!
  cut(world, last, sizeBytes - 10)
  const log = await openLog(world, { config, isClean: true })
  await assertWhole(log, bytes, 19)
  append(log, produced(19))
  await log.flush()
  await log.discard()
  // Had it been appended behind the torn batch, this recovery would cut it off.
  const again = await openLog(world, { config, isClean: false })
  assert.equal(again.logEndOffset, 20)
  assert.equal((await readAll(again, 0)).length, 20 * size)
  await again.close()
})

testOnBoth('garbage and zeros behind the end are cut off', async (world) => {
  const { bytes } = await abandonedLog(world)
  const last = namesOf(world, '.log').at(-1)!
  const end = world.disk.stat(path(world, last))!.sizeBytes
  for (const tail of [Buffer.alloc(5_000), Buffer.alloc(333, 0xff), Buffer.from('x')]) {
    overwrite(world, last, end, tail)
    const log = await openLog(world, { config })
    await assertWhole(log, bytes, 20)
    assert.equal(world.disk.stat(path(world, last))!.sizeBytes, end)
    await log.discard()
  }
})

testOnBoth('a bad batch in the middle ends the log there', async (world) => {
  const { bytes, size } = await abandonedLog(world)
  const [, second] = namesOf(world, '.log')
  overwrite(world, second!, size + 70, Buffer.from([0xff]))
  const bad = Number(second!.slice(0, 20)) + 1
  const log = await openLog(world, { config })
  await assertWhole(log, bytes, bad)
  await log.close()
  assert.equal(namesOf(world, '.log').length, 2)
  assert.equal(namesOf(world, '.deleted').length, 0)
  const again = await openLog(world, { config, isClean: true })
  await assertWhole(again, bytes, bad)
  await again.close()
})

testOnBoth('what is before the recovery point is believed', async (world) => {
  const { size } = await abandonedLog(world)
  const [first, , , fourth] = namesOf(world, '.log')
  overwrite(world, first!, size + 70, Buffer.from([0xff]))
  const recoveryPoint = Number(fourth!.slice(0, 20)) + 1
  const log = await openLog(world, { config, recoveryPoint })
  assert.equal(log.logEndOffset, 20)
  assert.equal(log.recoveryPoint, recoveryPoint)
  await log.discard()
})

testOnBoth('damaged and missing indexes are rebuilt, after any stop', async (world) => {
  const { bytes } = await abandonedLog(world)
  await (await openLog(world, { config })).close()
  const files = [...namesOf(world, '.index'), ...namesOf(world, '.timeindex')]
  const good = new Map(files.map((name) => [name, world.disk.readFile(path(world, name))]))
  const damages: ((name: string) => unknown)[] = [
    (name) => cut(world, name, world.disk.stat(path(world, name))!.sizeBytes + 1),
    (name) => cut(world, name, 10_485_760),
    (name) => world.disk.remove(path(world, name)),
  ]
  for (const isClean of [true, false]) {
    for (const damage of damages) {
      for (const name of files) await damage(name)
      const log = await openLog(world, { config, isClean })
      await assertWhole(log, bytes, 20)
      await log.close()
      for (const name of files) {
        assert.ok(world.disk.readFile(path(world, name)).equals(good.get(name)!), name)
      }
    }
  }
})

testOnBoth('wrong entries in an index are found out by who reads', async (world) => {
  const { bytes } = await abandonedLog(world)
  await (await openLog(world, { config })).close()
  const [first, second, third] = namesOf(world, '.index')
  const entries = (pairs: readonly number[]) => {
    const buffer = Buffer.alloc(pairs.length * 4)
    pairs.forEach((value, at) => buffer.writeInt32BE(value, at * 4))
    return buffer
  }
  // Into the middle of a batch, past the end, and past the offset.
  overwrite(world, first!, 0, entries([1, 77]))
  overwrite(world, second!, 0, entries([1, 1_000_000]))
  overwrite(
    world,
    third!,
    0,
    entries([0, world.disk.stat(path(world, third!.replace('.index', '.log')))!.sizeBytes - 80]),
  )
  const log = await openLog(world, {
    config,
    isClean: true,
    resources: world.resources({ tailMemoryBytes: 0 }),
  })
  for (let offset = 19; offset >= 0; offset--) {
    const slice = await log.read({ offset, maxBytes: 1, endOffset: 20, minOneBatch: true })
    assert.equal(slice.nextOffset, offset + 1)
  }
  await assertWhole(log, bytes, 20)
  await log.close()
})

testOnBoth('producers are known again without snapshots, and with bad ones', async (world) => {
  const { bytes } = await abandonedLog(world)
  for (const name of namesOf(world, '.snapshot')) overwrite(world, name, 3, Buffer.from([0x99]))
  await assertWholeTwice(world, bytes)
  for (const name of namesOf(world, '.snapshot')) await world.disk.remove(path(world, name))
  await assertWholeTwice(world, bytes)
})

async function assertWholeTwice(world: World, bytes: Buffer): Promise<void> {
  const log = await openLog(world, { config })
  await assertWhole(log, bytes, 20)
  await log.close()
  const again = await openLog(world, { config, isClean: true })
  await assertWhole(again, bytes, 20)
  await again.discard()
}

testOnBoth('leftovers are finished or undone as Kafka does', async (world) => {
  const { bytes } = await abandonedLog(world)
  await (await openLog(world, { config })).close()
  const { disk } = world
  const [first, second] = namesOf(world, '.log')
  const put = (name: string, content: Buffer | string) =>
    disk.replaceFile(path(world, name), content)
  put('00000000000000000099.log.deleted', 'x')
  put('00000000000000000099.index', '')
  put('00000000000000000000.log.cleaned', 'x')
  put('00000000000000000004.timeindex.cleaned', '')
  // A swap beside a `.cleaned` of an offset that is not greater belongs to a group that was not complete.
  put('00000000000000000004.log.swap', 'x')
  put('foreign.txt', 'mine')
  disk.makeDirectory(path(world, 'folder.log'))
  const log = await openLog(world, { config, isClean: true })
  await assertWhole(log, bytes, 20)
  await log.close()
  assert.deepEqual(
    ['.deleted', '.cleaned', '.swap'].flatMap((suffix) => namesOf(world, suffix)),
    [],
  )
  assert.equal(disk.stat(path(world, '00000000000000000099.index')), null)
  assert.equal(disk.readFile(path(world, 'foreign.txt')).toString(), 'mine')

  // Compaction had merged the first two segments when the process died.
  const merged = Buffer.concat([
    disk.readFile(path(world, first!)),
    disk.readFile(path(world, second!)),
  ])
  put('00000000000000000000.log.swap', merged)
  const compacted = await openLog(world, { config, isClean: true })
  await assertWhole(compacted, bytes, 20)
  assert.equal(namesOf(world, '.log').includes(second!), false)
  assert.equal(disk.stat(path(world, first!))!.sizeBytes, merged.length)
  await compacted.close()
})

testOnBoth('a log that ends before its start begins anew there', async (world) => {
  await abandonedLog(world)
  const log = await openLog(world, { config, logStartOffset: 30 })
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.sizeBytes], [30, 30, 0])
  assert.equal(append(log, batchOf(['a'])), 30)
  await log.close()
})
