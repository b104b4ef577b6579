import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { connected } from '../contract/collector.ts'

test('what is written together arrives in pieces, and the receiver gets bytes of its own', async () => {
  const world = simulation({ seed: 11 })
  await world.run(async () => {
    world.network.conditions = { delayMs: [1, 2], cutRate: 1 }
    const [here, there] = [world.node('a'), world.node('b')]
    const { client, server } = await connected({ here, there, thereHost: 'b' })
    let pieces = 0
    const onData = server.onData.bind(server)
    server.onData = (chunk) => {
      pieces += 1
      onData(Buffer.from(chunk))
      chunk.fill(0)
    }
    const sent = Buffer.alloc(50_000, 7)
    client.socket.write([sent])
    await server.until(() => server.byteCount === sent.length)
    assert.ok(pieces > 5)
    assert.ok(sent.every((byte) => byte === 7))
  })
})

test('nothing passes a cut link, and all of it, in order, when it is mended', async () => {
  const world = simulation({ seed: 12 })
  await world.run(async () => {
    const [here, there] = [world.node('a'), world.node('b')]
    const { client, server, listener } = await connected({ here, there, thereHost: 'b' })
    client.socket.write([Buffer.from('1 before, ')])
    world.network.partition(['a'], ['b', 'c'])
    client.socket.write([Buffer.from('2 within, ')])
    await here.clock.sleep(60_000)
    assert.equal(server.byteCount, 0)
    const connecting = here.network.connect({ host: 'b', port: listener.port })
    const stop = new AbortController()
    const givingUp = here.network.connect({ host: 'b', port: listener.port, signal: stop.signal })
    await here.clock.sleep(60_000)
    stop.abort(new Error('enough'))
    await assert.rejects(givingUp, /enough/)

    world.network.heal()
    client.socket.write([Buffer.from('3 after')])
    await server.until(() => server.byteCount === 27)
    assert.equal(server.bytes.toString(), '1 before, 2 within, 3 after')
    await connecting
  })
})

test('a link may reset its connections: both ends are told', async () => {
  const world = simulation({ seed: 13 })
  await world.run(async () => {
    const [here, there] = [world.node('a'), world.node('b')]
    const { client, server } = await connected({ here, there, thereHost: 'b' })
    world.network.link('a', 'b').resetAll()
    await Promise.all([client.event('close'), server.event('close')])
    assert.match(String(client.closeError), /dropped the connection/)
    assert.match(String(server.closeError), /dropped the connection/)
  })
})

test('hosts are reached by name and by address; loopback is a host of its own', async () => {
  const world = simulation()
  await world.run(async () => {
    const [a, b] = [world.node('a'), world.node('b')]
    const onConnection = (): void => {}
    await b.network.listen({ host: '127.0.0.1', port: 9092, onConnection })
    await b.network.connect({ host: 'localhost', port: 9092 })
    const fromOutside = a.network.connect({ host: 'b', port: 9092 })
    await assert.rejects(fromOutside, { code: 'CONNECTION_REFUSED' })
    await b.network.listen({ host: '::', port: 9093, onConnection })
    const socket = await a.network.connect({ host: 'b', port: 9093 })
    await a.network.connect({ host: socket.remoteAddress, port: 9093 })
    await assert.rejects(a.network.connect({ host: 'z', port: 1 }), { code: 'HOST_NOT_FOUND' })
  })
})
