import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'

test('a crash loses what was not synced, and goes back to what was', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  await world.run(async () => {
    const file = disk.open('/log', 'create')
    file.write([Buffer.alloc(10_000, 'a')], 0)
    await file.sync()
    await disk.syncDirectory('/')
    file.write([Buffer.alloc(100, 'b')], 4_050)
    file.write([Buffer.alloc(5_000, 'c')], 10_000)
    disk.open('/unsynced', 'create').close()
  })
  world.crash('a')
  const after = world.node('a').disk
  assert.ok(after.readFile('/log').equals(Buffer.alloc(10_000, 'a')))
  assert.deepEqual(after.list('/'), [{ name: 'log', isDirectory: false }])
})

test('a crash brings back what was cut but not synced', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  await world.run(async () => {
    const file = disk.open('/log', 'create')
    file.write([Buffer.alloc(9_000, 'a')], 0)
    await file.sync()
    await disk.syncDirectory('/')
    file.truncate(10)
    file.write([Buffer.from('zzz')], 10)
  })
  world.crash('a')
  assert.ok(world.node('a').disk.readFile('/log').equals(Buffer.alloc(9_000, 'a')))
})

test('a sync covers what was written before it, not what comes while it runs', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  await world.run(async () => {
    const file = disk.open('/log', 'create')
    await disk.syncDirectory('/')
    file.write([Buffer.from('before')], 0)
    const syncing = file.sync()
    file.write([Buffer.from('AFTER!')], 0)
    file.write([Buffer.from('more')], 6)
    await syncing
    file.close()
  })
  world.crash('a')
  assert.equal(world.node('a').disk.readFile('/log').toString(), 'before')
})

test('a sync that ends late takes nothing back from one that began later', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = simulation({ seed })
    const { disk } = world.node('a')
    await world.run(async () => {
      const file = disk.open('/log', 'create')
      file.write([Buffer.from('first')], 0)
      const earlier = [file.sync(), disk.syncDirectory('/')]
      file.write([Buffer.from(' second')], 5)
      disk.open('/other', 'create').close()
      await Promise.all([...earlier, file.sync(), disk.syncDirectory('/')])
    })
    world.crash('a')
    const after = world.node('a').disk
    assert.equal(after.readFile('/log').toString(), 'first second')
    assert.equal(after.list('/').length, 2)
  }
})

test('syncs that overlap make durable what each one covers, whichever ends first', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = simulation({ seed })
    const { disk, clock } = world.node('a')
    const written: Promise<number>[] = []
    let durable = 0
    await world.run(async () => {
      const file = disk.open('/log', 'create')
      await disk.syncDirectory('/')
      for (let count = 1; count <= 8; count += 1) {
        file.write([Buffer.from([count])], 0)
        const synced = async (): Promise<number> => {
          await file.sync()
          return (durable = Math.max(durable, count))
        }
        written.push(synced(), synced())
        await clock.sleep(world.random.float() * 0.3)
      }
      await Promise.race(written.slice(-4))
    })
    world.crash('a')
    const [found] = world.node('a').disk.readFile('/log')
    assert.ok(found! >= durable, `seed ${seed}: ${found} after ${durable} was synced`)
  }
})

test('what is written between the ends of two syncs is covered by neither', async () => {
  const world = simulation()
  const { disk, clock } = world.node('a')
  const medium = world.medium('a')
  await world.run(async () => {
    const file = disk.open('/log', 'create')
    await disk.syncDirectory('/')
    file.write([Buffer.from('old')], 0)
    medium.delayMs = [1, 1]
    const short = file.sync()
    medium.delayMs = [9, 9]
    const long = file.sync()
    await short
    file.write([Buffer.from('new')], 0)
    await long
    await clock.sleep(100)
  })
  world.crash('a')
  assert.equal(world.node('a').disk.readFile('/log').toString(), 'old')
})

test('names last only once their directory is synced; a replaced file always does', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  await world.run(async () => {
    disk.makeDirectory('/data')
    await disk.syncDirectory('/')
    disk.replaceFile('/data/checkpoint', 'one')
    disk.replaceFile('/data/other', 'x')
    await disk.remove('/data/other')
    disk.rename('/data/checkpoint', '/data/moved')
  })
  world.crash('a')
  const after = world.node('a').disk
  assert.deepEqual(
    after.list('/data').map(({ name }) => name),
    ['checkpoint', 'other'],
  )
  assert.equal(after.readFile('/data/checkpoint').toString(), 'one')
})

test("when chance decides, some of a crash's pages are new and some old", async () => {
  const world = simulation({ seed: 5 })
  const { disk } = world.node('a')
  await world.run(async () => {
    const file = disk.open('/log', 'create')
    file.write([Buffer.alloc(4096 * 64, 'o')], 0)
    await file.sync()
    await disk.syncDirectory('/')
    file.write([Buffer.alloc(4096 * 64, 'n')], 0)
  })
  world.crash('a', 'some')
  const content = world.node('a').disk.readFile('/log').toString()
  const pages = new Set(content.match(/.{4096}/g))
  assert.deepEqual(pages, new Set(['o'.repeat(4096), 'n'.repeat(4096)]))
  const before = content
  world.crash('a')
  assert.equal(world.node('a').disk.readFile('/log').toString(), before, 'it is durable now')
})

test('nothing is lost when only the process dies', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  disk.open('/log', 'create').write([Buffer.from('in the page cache')], 0)
  world.kill('a')
  assert.equal(world.node('a').disk.readFile('/log').toString(), 'in the page cache')
})

test('a full disk says so and takes nothing', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  world.medium('a').capacityBytes = 16_384
  const file = disk.open('/log', 'create')
  file.write([Buffer.alloc(16_384)], 0)
  const full = { code: 'DISK_FULL', path: '/log' }
  assert.throws(() => file.write([Buffer.alloc(1)], 16_384), full)
  assert.equal(file.sizeBytes(), 16_384)
  file.write([Buffer.alloc(100, 'x')], 0)
})

test('a planted fault fails what it is asked to fail', async () => {
  const world = simulation()
  const { disk } = world.node('a')
  const file = disk.open('/log', 'create')
  world.medium('a').fault = (operation, path) =>
    operation === 'sync' && path === '/log' ? 'DISK_FAILED' : null
  file.write([Buffer.from('fine')], 0)
  await assert.rejects(file.sync(), { code: 'DISK_FAILED', path: '/log' })
})
