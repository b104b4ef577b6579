import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation, type Simulation } from '@ottla/runtime/simulated'

/** A chatter of three nodes: timers, chance, sockets, files. @returns What node a heard. */
async function chatter(world: Simulation): Promise<string> {
  const [a, b, c] = [world.node('a'), world.node('b'), world.node('c')]
  for (const node of [b, c]) {
    await node.network.listen({
      host: '0.0.0.0',
      port: 9092,
      onConnection: (socket) =>
        socket.handle({
          onData: (chunk) => {
            const delayMs = node.random.int(20)
            node.clock.schedule(delayMs, () => socket.write([chunk]))
          },
          onDrain() {},
          onEnd: () => socket.end(),
          onClose: () => node.logger.info('closed'),
        }),
    })
  }
  let heard = ''
  const sockets = await Promise.all(
    ['b', 'c'].map((host) => a.network.connect({ host, port: 9092 })),
  )
  for (const socket of sockets) {
    socket.handle({
      onData: (chunk) => void (heard += `${socket.remoteAddress} ${chunk.length};`),
      onDrain() {},
      onEnd() {},
      onClose() {},
    })
    for (let round = 0; round < 5; round += 1) socket.write([a.random.bytes(1_000)])
  }
  const file = a.disk.open('/file', 'create')
  file.write([Buffer.from(heard)], 0)
  await file.sync()
  await a.clock.sleep(1_000)
  return heard
}

test('the same seed gives the same run, another seed another one', async () => {
  const run = async (seed: number): Promise<string[]> => {
    const world = simulation({ seed })
    const heard = await world.run(() => chatter(world))
    return [heard, world.trace.hash, world.trace.toString()]
  }
  const first = await run(7)
  assert.ok(first[0]!.length > 50)
  assert.deepEqual(await run(7), first)
  assert.notEqual((await run(8))[1], first[1])
})

test('a week passes in no time, and only when nothing else is to be done', async () => {
  const world = simulation()
  const { clock } = world.node('a')
  const start = clock.now()
  let steps = 0
  await world.run(async () => {
    const week = clock.sleep(7 * 24 * 3_600_000)
    for (let step = 0; step < 100; step += 1) {
      await Promise.resolve()
      steps += 1
      assert.equal(clock.now(), start)
    }
    await week
  })
  assert.equal(steps, 100)
  assert.equal(clock.now() - start, 7 * 24 * 3_600_000)
  assert.equal(clock.monotonic(), 7 * 24 * 3_600_000)
})

test('advance runs what falls in its time and no more', async () => {
  const world = simulation()
  const { clock } = world.node('a')
  const ran: number[] = []
  for (const at of [10, 20, 30]) clock.schedule(at, () => ran.push(at))
  await world.advance(20)
  assert.deepEqual(ran, [10, 20])
  assert.equal(world.time, 20)
  await world.advance(5)
  assert.equal(world.time, 25)
  await world.settle()
  assert.deepEqual(ran, [10, 20, 30])
})

test('runUntil stops as soon as it is true and gives up after its time', async () => {
  const world = simulation({ seed: 3 })
  const { clock } = world.node('a')
  let beats = 0
  const beat = (): void => {
    beats += 1
    clock.schedule(100, beat)
  }
  beat()
  await world.runUntil(() => beats === 5)
  assert.equal(world.time, 400)
  await assert.rejects(
    world.runUntil(() => false, 1_000),
    /seed 3: not true within 1000 ms/,
  )
})

test('a main that waits for what never comes is told so, with its seed', async () => {
  const world = simulation({ seed: 42 })
  await assert.rejects(
    world.run(() => new Promise(() => {})),
    /seed 42: main waits for ever/,
  )
})

test('what main or an event throws comes out of run', async () => {
  const world = simulation()
  const { clock } = world.node('a')
  await assert.rejects(
    world.run(async () => {
      await clock.sleep(1)
      throw new Error('in main')
    }),
    /in main/,
  )
  clock.schedule(1, () => {
    throw new Error('in an event')
  })
  await assert.rejects(
    world.run(() => clock.sleep(10)),
    /in an event/,
  )
})

test('cancelled timers do not pile up', async () => {
  const world = simulation()
  const { clock } = world.node('a')
  let ran = 0
  clock.schedule(50, () => (ran += 1))
  for (let count = 0; count < 100_000; count += 1) clock.schedule(600_000, () => {}).cancel()
  await world.run(() => clock.sleep(100))
  assert.equal(ran, 1)
  assert.ok(world.time < 101)
})

test('a killed process does nothing any more; the next one finds its files', async () => {
  const world = simulation()
  const before = world.node('a')
  let ticks = 0
  const tick = (): void => {
    ticks += 1
    before.clock.schedule(10, tick)
  }
  tick()
  before.disk.makeDirectory('/data')
  const file = before.disk.open('/data/log', 'create')
  file.write([Buffer.from('written')], 0)
  const lock = before.disk.lock('/data')
  await world.advance(35)
  world.kill('a')
  await world.advance(100)
  assert.equal(ticks, 4)
  assert.throws(() => file.write([Buffer.from('ghost')], 0), /process a was killed/)
  assert.throws(() => before.disk.list('/'), /process a was killed/)

  const after = world.node('a')
  assert.notEqual(after, before)
  assert.equal(after.disk.readFile('/data/log').toString(), 'written')
  after.disk.lock('/data').release()
  lock.release()
})

test("a killed process' peers see the connection end, and its port is free", async () => {
  const world = simulation()
  const listen = (): Promise<unknown> =>
    world.node('b').network.listen({
      host: '0.0.0.0',
      port: 9092,
      onConnection: (socket) =>
        socket.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose: assert.fail }),
    })
  await world.run(async () => {
    await listen()
    const socket = await world.node('a').network.connect({ host: 'b', port: 9092 })
    const ended = Promise.withResolvers<void>()
    socket.handle({ onData() {}, onDrain() {}, onEnd: ended.resolve, onClose() {} })
    world.kill('b')
    await ended.promise
    const connecting = world.node('a').network.connect({ host: 'b', port: 9092 })
    await assert.rejects(connecting, { code: 'CONNECTION_REFUSED' })
    await listen()
    await world.node('a').network.connect({ host: 'b', port: 9092 })
  })
})

test('a wall clock may be off; durations are not', async () => {
  const world = simulation()
  const [a, b] = [world.node('a'), world.node('b')]
  a.clock.skew(-5_000)
  assert.equal(a.clock.now(), b.clock.now() - 5_000)
  assert.equal(a.clock.monotonic(), b.clock.monotonic())
})
