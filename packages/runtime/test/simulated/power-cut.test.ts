import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CrashLoss, type Simulation, simulation } from '@ottla/runtime/simulated'

const SECTOR = 512
const PAGE = 4096

/** What `prepare` leaves behind on a disk after crashes of many seeds. */
async function afterCrashes<T>(
  loses: CrashLoss,
  prepare: (world: Simulation) => Promise<void>,
  look: (world: Simulation) => T,
): Promise<T[]> {
  const found: T[] = []
  for (let seed = 1; seed <= 60; seed++) {
    const world = simulation({ seed })
    await world.run(() => prepare(world))
    world.crash('a', loses)
    found.push(look(world))
  }
  return found
}

const log = (world: Simulation): Buffer => world.node('a').disk.readFile('/log')
const namesIn = (world: Simulation): string =>
  world
    .node('a')
    .disk.list('/')
    .map(({ name }) => name)
    .join(' ')

/** A durable file of `oldBytes` times 'o', and then other content on top of it. */
async function overwritten(
  world: Simulation,
  oldBytes: number,
  ...writes: Buffer[]
): Promise<void> {
  const { disk } = world.node('a')
  const file = disk.open('/log', 'create')
  file.write([Buffer.alloc(oldBytes, 'o')], 0)
  await file.sync()
  await disk.syncDirectory('/')
  let at = 0
  for (const bytes of writes) {
    file.write([bytes], at)
    at += bytes.length
  }
}

test('a cut that loses what came later leaves a beginning, over all files, and tears a write', async () => {
  const found = await afterCrashes(
    'later',
    async (world) => {
      const { disk } = world.node('a')
      const files = ['/0', '/1'].map((path) => disk.open(path, 'create'))
      await disk.syncDirectory('/')
      for (let count = 0; count < 20; count++) {
        files[count % 2]!.write([Buffer.alloc(1000, count + 1)], Math.floor(count / 2) * 1000)
      }
    },
    (world) => ['/0', '/1'].map((path) => world.node('a').disk.readFile(path)),
  )
  const sizes = new Set<number>()
  let torn = 0
  for (const contents of found) {
    const bytes = contents[0]!.length + contents[1]!.length
    sizes.add(bytes)
    if (bytes % 1000 > 0) torn++
    const whole = Math.floor(bytes / 1000)
    for (const [index, content] of contents.entries()) {
      // Of twenty writes to the two in turn, the first ones.
      const mine = Math.floor((whole + 1 - index) / 2)
      assert.equal(Math.floor(content.length / 1000), mine)
      content.forEach((byte, at) => assert.equal(byte, Math.floor(at / 1000) * 2 + index + 1))
    }
  }
  assert.ok(sizes.size > 15)
  assert.ok(torn > 20)
})

test('a tear falls between sectors as well as between any two bytes', async () => {
  const found = await afterCrashes(
    'later',
    (world) => overwritten(world, 100 * SECTOR, Buffer.alloc(100 * SECTOR, 'n')),
    (world) => log(world).lastIndexOf('n') + 1,
  )
  const torn = found.filter((bytes) => bytes > 0 && bytes < 100 * SECTOR)
  assert.ok(torn.some((bytes) => bytes % SECTOR === 0))
  assert.ok(torn.some((bytes) => bytes % SECTOR !== 0))
})

for (const [loses, unit] of [
  ['some', PAGE],
  ['sectors', SECTOR],
] as const) {
  test(`a cut that loses ${loses} leaves old and new in pieces of ${unit} bytes, in no order`, async () => {
    const found = await afterCrashes(
      loses,
      async (world) =>
        overwritten(world, 32 * PAGE, Buffer.alloc(16 * PAGE, 'n'), Buffer.alloc(16 * PAGE, 'm')),
      (world) => log(world).toString(),
    )
    let isReordered = false
    for (const content of found) {
      assert.equal(content.length, 32 * PAGE)
      for (let at = 0; at < content.length; at += unit) {
        assert.match(content.slice(at, at + unit), /^(o+|n+|m+)$/)
      }
      isReordered ||= /on+o+m/.test(content)
    }
    assert.ok(isReordered)
  })
}

test('of a sector written many times any version may be on the disk', async () => {
  const found = await afterCrashes(
    'sectors',
    async (world) => {
      const { disk } = world.node('a')
      const file = disk.open('/log', 'create')
      await disk.syncDirectory('/')
      for (const letter of 'abcde') file.write([Buffer.from(letter)], 0)
    },
    (world) => log(world).toString(),
  )
  assert.ok(['', 'a', 'c', 'e'].every((version) => found.includes(version)))
})

test('a size may survive without the bytes: zeros, or what the disk held before', async () => {
  const found = await afterCrashes(
    'sectors',
    async (world) => overwritten(world, PAGE, Buffer.alloc(PAGE, 'o'), Buffer.alloc(PAGE, 'n')),
    (world) => log(world),
  )
  const sizes = new Set(found.map(({ length }) => length))
  assert.deepEqual(sizes, new Set([PAGE, 2 * PAGE]))
  const sectors = found.flatMap((content) =>
    content.length === PAGE ? [] : [content.subarray(PAGE, PAGE + SECTOR).toString('latin1')],
  )
  const isEvery = (letter: string) => (sector: string) => sector === letter.repeat(SECTOR)
  assert.ok(sectors.some(isEvery('n')))
  assert.ok(sectors.some(isEvery('\0')))
  assert.ok(sectors.some((sector) => !isEvery('n')(sector) && !isEvery('\0')(sector)))
  for (const content of found) assert.ok(content.subarray(0, PAGE).equals(Buffer.alloc(PAGE, 'o')))
})

test('a rename survives whole or not at all, whatever a cut loses', async () => {
  for (const loses of ['later', 'some', 'sectors'] as const) {
    const found = await afterCrashes(
      loses,
      async (world) => {
        const { disk } = world.node('a')
        disk.replaceFile('/old', 'content')
        disk.replaceFile('/gone', 'content')
        disk.rename('/old', '/new')
        await disk.remove('/gone')
        disk.open('/made', 'create').close()
      },
      namesIn,
    )
    const all = new Set(found)
    assert.ok(all.has('gone old') && all.has('made new'))
    for (const names of all) assert.match(names, /^(gone ?)?(made ?)?(old|new)$/)
    // Names are kept in their order or not: a file may be there that was made after one was renamed.
    assert.equal(all.has('gone made old'), loses !== 'later')
  }
})

test('a tree that is being removed may be left half removed', async () => {
  const world = simulation()
  const { disk, clock } = world.node('a')
  await world.run(async () => {
    disk.makeDirectory('/tree')
    for (let count = 0; count < 10; count++) disk.replaceFile(`/tree/${count}`, 'x')
    await Promise.race([disk.removeTree('/tree'), clock.sleep(1)])
  })
  world.kill('a')
  const { length } = world.node('a').disk.list('/tree')
  assert.ok(length > 0 && length < 10)
})

test('a byte that rots is wrong in the cache and on the medium', async () => {
  const world = simulation()
  await world.run(() => overwritten(world, 10))
  world.medium('a').rot('/log', 3, 0x01)
  assert.equal(log(world).toString(), 'ooonoooooo')
  world.crash('a')
  assert.equal(log(world).toString(), 'ooonoooooo')
  assert.throws(() => world.medium('a').rot('/none', 0), { code: 'NOT_FOUND' })
})

for (const forgets of [true, false]) {
  test(`what a failed sync did not write is ${forgets ? 'never' : 'later'} written`, async () => {
    const world = simulation()
    const medium = world.medium('a')
    medium.forgetsAfterFailedSync = forgets
    await world.run(async () => {
      const { disk } = world.node('a')
      await overwritten(world, 3, Buffer.from('new'))
      const file = disk.open('/log', 'write')
      medium.fault = (operation) => (operation === 'sync' ? 'DISK_FAILED' : null)
      await assert.rejects(file.sync(), { code: 'DISK_FAILED' })
      medium.fault = null
      await file.sync()
      assert.equal(log(world).toString(), 'new', 'it can still be read')
    })
    world.crash('a')
    assert.equal(log(world).toString(), forgets ? 'ooo' : 'new')
  })
}

test('a write that fails leaves some beginning of it', async () => {
  const lengths = new Set<number>()
  for (let seed = 1; seed <= 20; seed++) {
    const world = simulation({ seed })
    const file = world.node('a').disk.open('/log', 'create')
    world.medium('a').fault = (operation) => (operation === 'write' ? 'DISK_FAILED' : null)
    assert.throws(() => file.write([Buffer.from('abc'), Buffer.from('def')], 0), {
      code: 'DISK_FAILED',
    })
    assert.ok('abcdef'.startsWith(log(world).toString()))
    lengths.add(file.sizeBytes())
  }
  assert.ok(lengths.size > 4)
})

test('a write that does not fit fills the disk', async () => {
  const world = simulation()
  const file = world.node('a').disk.open('/log', 'create')
  world.medium('a').capacityBytes = 2 * PAGE
  assert.throws(() => file.write([Buffer.alloc(3 * PAGE)], 100), { code: 'DISK_FULL' })
  assert.equal(file.sizeBytes(), 2 * PAGE)
  file.truncate(10)
  file.write([Buffer.alloc(PAGE)], 10)
})

test('faults come as often as asked, the same ones for the same seed', async () => {
  const faultsOf = (seed: number): string => {
    const world = simulation({ seed })
    const medium = world.medium('a')
    medium.fault = medium.faultsAtRandom({ open: 0.2 }, 'TOO_MANY_OPEN_FILES')
    let faults = ''
    for (let count = 0; count < 1000; count++) {
      try {
        world.node('a').disk.open('/log', 'write').close()
        faults += '.'
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'TOO_MANY_OPEN_FILES')
        faults += 'x'
      }
    }
    return faults
  }
  const count = faultsOf(1).replaceAll('.', '').length
  assert.ok(count > 150 && count < 250, `${count} of 1000`)
  assert.equal(faultsOf(1), faultsOf(1))
  assert.notEqual(faultsOf(1), faultsOf(2))
})

test('what waits for the device can be stalled', async () => {
  const world = simulation()
  world.medium('a').stall = (operation, path) =>
    operation === 'sync' && path === '/log' ? 5_000 : 0
  await world.run(async () => {
    const { disk } = world.node('a')
    const file = disk.open('/log', 'create')
    await disk.syncDirectory('/')
    assert.ok(world.time < 1)
    await file.sync()
    assert.ok(world.time >= 5_000)
  })
})
