import assert from 'node:assert/strict'
import { DiskError } from '@ottla/runtime'
import { contract } from './worlds.ts'

contract(
  'what is written is read back, wherever it was put',
  async ({ here: { disk }, directory }) => {
    const file = disk.open(`${directory}/a`, 'create')
    file.write([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')], 0)
    file.write([Buffer.from('W')], 6)
    file.write([], 0)
    file.write([Buffer.from('!')], 10_000)
    assert.equal(file.sizeBytes(), 10_001)

    const target = Buffer.alloc(11)
    assert.equal(file.read(target, 0), 11)
    assert.equal(target.toString(), 'hello World')
    assert.equal(await file.readAsync(target.fill(0xff), 9_995), 6)
    assert.equal(target.subarray(0, 6).toString(), '\0\0\0\0\0!')
    assert.equal(file.read(target, 20_000), 0)
    assert.equal(file.read(Buffer.alloc(0), 0), 0)
    file.close()
    file.close()
    assert.equal(disk.readFile(`${directory}/a`).length, 10_001)
  },
)

contract('a write of many buffers is whole', async ({ here: { disk }, directory }) => {
  const buffers = Array.from({ length: 3_000 }, (_, at) => Buffer.alloc(at % 17, at & 255))
  const file = disk.open(`${directory}/many`, 'create')
  file.write(buffers, 5)
  const whole = Buffer.concat(buffers)
  const target = Buffer.alloc(whole.length)
  assert.equal(file.read(target, 5), whole.length)
  assert.ok(target.equals(whole))
  file.close()
})

contract('the three ways to open differ as they should', async ({ here: { disk }, directory }) => {
  const path = `${directory}/file`
  assert.throws(() => disk.open(path, 'read'), { name: 'DiskError', code: 'NOT_FOUND', path })
  disk.open(path, 'create').close()
  assert.throws(() => disk.open(path, 'create'), { code: 'ALREADY_EXISTS', path })
  const file = disk.open(path, 'write')
  file.write([Buffer.from('x')], 0)
  file.close()
  const again = disk.open(path, 'write')
  assert.equal(again.sizeBytes(), 1, 'opening does not cut')
  again.close()
  const reading = disk.open(path, 'read')
  assert.throws(() => reading.write([Buffer.from('y')], 0), DiskError)
  reading.close()
})

contract('a closed file refuses everything', async ({ here: { disk }, directory }) => {
  const file = disk.open(`${directory}/closed`, 'create')
  file.close()
  const closed = { name: 'DiskError', code: 'CLOSED', path: `${directory}/closed` }
  assert.throws(() => file.sizeBytes(), closed)
  assert.throws(() => file.write([Buffer.from('x')], 0), closed)
  assert.throws(() => file.read(Buffer.alloc(1), 0), closed)
  assert.throws(() => file.truncate(0), closed)
  assert.throws(() => file.syncNow(), closed)
  await assert.rejects(file.readAsync(Buffer.alloc(1), 0), closed)
  await assert.rejects(file.sync(), closed)
})

contract(
  'a file may be closed while it is read or synced',
  async ({ here: { disk }, directory }) => {
    const file = disk.open(`${directory}/busy`, 'create')
    file.write([Buffer.from('content')], 0)
    const target = Buffer.alloc(7)
    const reading = file.readAsync(target, 0)
    const syncing = file.sync()
    file.close()
    assert.equal(await reading, 7)
    await syncing
    assert.equal(target.toString(), 'content')
  },
)

contract('truncate cuts, and grows with zeros', async ({ here: { disk }, directory }) => {
  const file = disk.open(`${directory}/cut`, 'create')
  file.write([Buffer.from('abcdef')], 0)
  file.truncate(2)
  assert.equal(file.sizeBytes(), 2)
  file.truncate(5)
  file.syncNow()
  await file.sync()
  file.close()
  assert.equal(disk.readFile(`${directory}/cut`).toString(), 'ab\0\0\0')
})

contract('directories are made, listed in order and removed whole', async (world) => {
  const { disk } = world.here
  const deep = `${world.directory}/one/two`
  disk.makeDirectory(deep)
  disk.makeDirectory(deep)
  disk.open(`${deep}/b`, 'create').close()
  disk.open(`${deep}/A`, 'create').close()
  disk.makeDirectory(`${deep}/a`)
  assert.deepEqual(disk.list(deep), [
    { name: 'A', isDirectory: false },
    { name: 'a', isDirectory: true },
    { name: 'b', isDirectory: false },
  ])
  await disk.syncDirectory(deep)
  await disk.removeTree(`${world.directory}/one`)
  await disk.removeTree(`${world.directory}/one`)
  assert.equal(disk.stat(deep), null)
  assert.throws(() => disk.list(deep), { code: 'NOT_FOUND', path: deep })
  await assert.rejects(disk.syncDirectory(deep), { code: 'NOT_FOUND', path: deep })
})

contract('stat tells what is there', async ({ here: { clock, disk }, directory }) => {
  const before = clock.now()
  const file = disk.open(`${directory}/f`, 'create')
  file.write([Buffer.alloc(12)], 0)
  file.close()
  const found = disk.stat(`${directory}/f`)!
  assert.equal(found.sizeBytes, 12)
  assert.equal(found.isDirectory, false)
  assert.ok(Math.abs(found.modifiedMs - before) < 2_000)
  assert.equal(disk.stat(directory)!.isDirectory, true)
  assert.equal(disk.stat(`${directory}/nothing`), null)
  assert.equal(disk.stat(`${directory}/nothing/below`), null)
})

contract(
  'a file and a directory are not taken for each other',
  async ({ here: { disk }, directory }) => {
    disk.open(`${directory}/file`, 'create').close()
    disk.makeDirectory(`${directory}/dir`)
    assert.throws(() => disk.open(`${directory}/dir`, 'write'), { code: 'IS_A_DIRECTORY' })
    assert.throws(() => disk.list(`${directory}/file`), { code: 'NOT_A_DIRECTORY' })
    assert.throws(() => disk.open(`${directory}/file/below`, 'write'), { code: 'NOT_A_DIRECTORY' })
    assert.throws(() => disk.open(`${directory}/no/below`, 'write'), { code: 'NOT_FOUND' })
  },
)

contract('rename moves and replaces', async ({ here: { disk }, directory }) => {
  disk.replaceFile(`${directory}/old`, 'old')
  disk.replaceFile(`${directory}/new`, 'new')
  disk.rename(`${directory}/new`, `${directory}/old`)
  assert.equal(disk.readFile(`${directory}/old`).toString(), 'new')
  assert.equal(disk.stat(`${directory}/new`), null)
  const gone = { code: 'NOT_FOUND', path: `${directory}/new` }
  assert.throws(() => disk.rename(`${directory}/new`, `${directory}/x`), gone)
  disk.makeDirectory(`${directory}/dir`)
  disk.rename(`${directory}/dir`, `${directory}/moved`)
  assert.equal(disk.stat(`${directory}/moved`)!.isDirectory, true)
})

contract('a file that is renamed while it is open stays open', async (world) => {
  const { disk } = world.here
  disk.makeDirectory(`${world.directory}/other`)
  const file = disk.open(`${world.directory}/f`, 'create')
  file.write([Buffer.from('one')], 0)
  disk.rename(`${world.directory}/f`, `${world.directory}/other/g`)
  file.write([Buffer.from(' two')], 3)
  file.syncNow()
  file.close()
  await disk.syncDirectory(`${world.directory}/other`)
  assert.equal(disk.readFile(`${world.directory}/other/g`).toString(), 'one two')
  assert.equal(disk.stat(`${world.directory}/f`), null)
})

contract('what was cut never comes back when the file grows', async (world) => {
  const file = world.here.disk.open(`${world.directory}/f`, 'create')
  file.write([Buffer.alloc(10_000, 'x')], 0)
  file.truncate(100)
  file.write([Buffer.from('y')], 9_000)
  await file.sync()
  const found = Buffer.alloc(9_001)
  file.read(found, 0)
  file.close()
  assert.ok(
    found.equals(Buffer.concat([Buffer.alloc(100, 'x'), Buffer.alloc(8_900), Buffer.from('y')])),
  )
})

contract('a directory is removed with all that is below', async ({ here: { disk }, directory }) => {
  disk.makeDirectory(`${directory}/top/a/b`)
  for (const name of ['one', 'a/two', 'a/b/three'])
    disk.replaceFile(`${directory}/top/${name}`, name)
  const three = disk.open(`${directory}/top/a/b/three`, 'read')
  await disk.removeTree(`${directory}/top`)
  assert.deepEqual(disk.list(directory), [])
  assert.equal(three.read(Buffer.alloc(9), 0), 9)
  three.close()
})

contract('replaceFile leaves nothing beside the file', async ({ here: { disk }, directory }) => {
  disk.replaceFile(`${directory}/checkpoint`, 'a longer content')
  disk.replaceFile(`${directory}/checkpoint`, Buffer.from('short'))
  assert.equal(disk.readFile(`${directory}/checkpoint`).toString(), 'short')
  assert.deepEqual(disk.list(directory), [{ name: 'checkpoint', isDirectory: false }])
  assert.throws(() => disk.replaceFile(`${directory}/no/file`, 'x'), { name: 'DiskError' })
})

contract(
  'a removed file is gone, but not for who has it open',
  async ({ here: { disk }, directory }) => {
    const file = disk.open(`${directory}/f`, 'create')
    file.write([Buffer.from('kept')], 0)
    await disk.remove(`${directory}/f`)
    await disk.remove(`${directory}/f`)
    assert.equal(disk.stat(`${directory}/f`), null)
    const target = Buffer.alloc(4)
    assert.equal(file.read(target, 0), 4)
    file.close()
    assert.throws(() => disk.readFile(`${directory}/f`), { code: 'NOT_FOUND' })
  },
)

contract('a directory is locked once at a time', async ({ here: { disk }, directory }) => {
  const lock = disk.lock(directory)
  assert.throws(() => disk.lock(directory), { name: 'DiskError', code: 'LOCKED', path: directory })
  lock.release()
  lock.release()
  const again = disk.lock(directory)
  lock.release()
  assert.throws(() => disk.lock(directory), { code: 'LOCKED' }, 'an old lock releases nothing')
  again.release()
  assert.throws(() => disk.lock(`${directory}/nothing`), { code: 'NOT_FOUND' })
})

contract('the space of a file system is told', async ({ here: { disk }, directory }) => {
  const { totalBytes, usableBytes } = disk.space(directory)
  assert.ok(Number.isSafeInteger(totalBytes) && Number.isSafeInteger(usableBytes))
  assert.ok(usableBytes > 0 && totalBytes >= usableBytes)
  assert.throws(() => disk.space(`${directory}/nothing`), { name: 'DiskError', code: 'NOT_FOUND' })
})

contract('a path is made absolute', async ({ here: { disk }, directory }) => {
  assert.equal(disk.absolutePath(`${directory}/./one/../two/`), `${directory}/two`)
  assert.equal(disk.absolutePath('/'), '/')
  assert.match(disk.absolutePath('data'), /^\/(.*\/)?data$/)
})
