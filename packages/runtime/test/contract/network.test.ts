import assert from 'node:assert/strict'
import { NetworkError } from '@ottla/runtime'
import { connected } from './collector.ts'
import { networkContract } from './worlds.ts'

const numbered = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => at & 255))

networkContract('bytes arrive whole and in order, both ways', async (world) => {
  const { client, server, listener } = await connected(world)
  const sent = numbered(300_000)
  client.socket.write([sent.subarray(0, 10), sent.subarray(10, 10), sent.subarray(10, 100_000)])
  client.socket.write([sent.subarray(100_000)])
  server.socket.write([Buffer.from('answer')])
  await server.until(() => server.byteCount === sent.length)
  await client.until(() => client.byteCount === 6)
  assert.ok(server.bytes.equals(sent))
  assert.equal(client.bytes.toString(), 'answer')
  client.socket.destroy()
  server.socket.destroy()
  await listener.close()
})

networkContract('both ends know their addresses', async (world) => {
  const { client, server, listener } = await connected(world)
  assert.equal(client.socket.remotePort, listener.port)
  assert.equal(server.socket.localPort, listener.port)
  assert.equal(server.socket.remotePort, client.socket.localPort)
  assert.equal(server.socket.remoteAddress, client.socket.localAddress)
  client.socket.destroy()
  server.socket.destroy()
  await listener.close()
})

networkContract('nothing is lost that comes before the owner is named', async (world) => {
  const accepted = Promise.withResolvers<void>()
  const listener = await world.there.network.listen({
    host: world.thereHost,
    port: 0,
    onConnection: (socket) => {
      socket.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
      socket.write([Buffer.from('welcome')])
      socket.end()
      accepted.resolve()
    },
  })
  const socket = await world.here.network.connect({ host: world.thereHost, port: listener.port })
  await accepted.promise
  await world.here.clock.sleep(20)
  let text = ''
  await new Promise<void>((resolve) => {
    socket.handle({
      onData: (chunk) => void (text += chunk.toString()),
      onDrain() {},
      onEnd: resolve,
      onClose() {},
    })
  })
  assert.equal(text, 'welcome')
  socket.destroy()
  await listener.close()
})

networkContract(
  'after one end is done the other still sends; then both close without error',
  async (world) => {
    const { client, server, listener } = await connected(world)
    client.socket.write([Buffer.from('question')])
    client.socket.end()
    await server.event('end')
    assert.equal(server.bytes.toString(), 'question')
    server.socket.write([Buffer.from('answer')])
    server.socket.end()
    await Promise.all([client.event('close'), server.event('close')])
    assert.equal(client.bytes.toString(), 'answer')
    assert.deepEqual(client.events, ['end', 'close'])
    assert.deepEqual(server.events, ['end', 'close'])
    assert.equal(client.closeError, undefined)
    assert.equal(server.closeError, undefined)
    await listener.close()
  },
)

networkContract(
  'a paused reader holds the writer back, which drains once it reads again',
  async (world) => {
    const { client, server, listener } = await connected(world)
    server.socket.pause()
    const piece = numbered(100_000)
    let written = 0
    // The kernel's own buffers grow to several MB, and it may take more after it has refused some.
    while (client.socket.bufferedBytes === 0 && written < 500_000_000) {
      client.events.length = 0
      while (client.socket.write([piece]) && written < 500_000_000) written += piece.length
      written += piece.length
      await world.here.clock.sleep(50)
    }
    assert.ok(client.socket.bufferedBytes > 0)
    assert.deepEqual(client.events, [])
    const before = server.byteCount
    await world.here.clock.sleep(10)
    assert.equal(server.byteCount, before, 'nothing is delivered while paused')

    server.socket.resume()
    await client.event('drain')
    await server.until(() => server.byteCount === written)
    assert.equal(client.socket.bufferedBytes, 0)
    client.socket.destroy()
    server.socket.destroy()
    await listener.close()
  },
)

networkContract('who wrote is told when the bytes have left, or never will', async (world) => {
  const { client, server, listener } = await connected(world)
  const told: string[] = []
  const write = (name: string, ...buffers: Buffer[]): boolean =>
    client.socket.write(buffers, () => told.push(name))
  write('nothing')
  write('one', Buffer.from('1'))
  write('two', Buffer.from('2'), Buffer.from('3'))
  assert.deepEqual(told, [], 'never from inside the own call')
  await server.until(() => server.byteCount === 3)
  await world.here.clock.sleep(10)
  assert.equal(told.length, 3)
  assert.deepEqual(new Set(told), new Set(['nothing', 'one', 'two']))

  server.socket.pause()
  const large = Buffer.alloc(30_000_000)
  write('large', large)
  await world.here.clock.sleep(20)
  assert.equal(told.length, 3)
  client.socket.destroy()
  write('late', Buffer.from('4'))
  await client.event('close')
  await world.here.clock.sleep(10)
  assert.equal(told.length, 5)
  assert.deepEqual(new Set(told.slice(3)), new Set(['large', 'late']))
  server.socket.destroy()
  await listener.close()
})

networkContract(
  'destroying one end closes it with its error and the other one too',
  async (world) => {
    const { client, server, listener } = await connected(world)
    const reason = new Error('on purpose')
    client.socket.destroy(reason)
    client.socket.destroy()
    assert.deepEqual(client.events, [], 'never from inside the own call')
    await client.event('close')
    assert.equal(client.closeError, reason)
    await server.until(() => server.events.length > 0)
    server.socket.end()
    await server.event('close')
    assert.equal(client.socket.write([Buffer.from('late')]), true)
    client.socket.end()
    await listener.close()
  },
)

networkContract('writing to an end that is gone closes with CONNECTION_RESET', async (world) => {
  const { client, server, listener } = await connected(world)
  server.socket.destroy()
  await client.event('end')
  for (let tries = 0; tries < 50 && !client.events.includes('close'); tries += 1) {
    client.socket.write([Buffer.alloc(1_000)])
    await world.here.clock.sleep(2)
  }
  assert.deepEqual(client.events, ['end', 'close'])
  assert.ok(client.closeError instanceof NetworkError)
  assert.equal(client.closeError.code, 'CONNECTION_RESET')
  await listener.close()
})

networkContract('a taken port is ADDRESS_IN_USE, and free again after close', async (world) => {
  const onConnection = (): void => {}
  const first = await world.there.network.listen({ host: world.thereHost, port: 0, onConnection })
  const again = { host: world.thereHost, port: first.port, onConnection }
  await assert.rejects(world.there.network.listen(again), { code: 'ADDRESS_IN_USE' })
  await first.close()
  const second = await world.there.network.listen(again)
  assert.equal(second.port, first.port)
  await second.close()
  await second.close()
})

networkContract('an address that is not here is ADDRESS_NOT_AVAILABLE', async (world) => {
  const options = { host: '192.0.2.7', port: 0, onConnection: () => {} }
  await assert.rejects(world.here.network.listen(options), { code: 'ADDRESS_NOT_AVAILABLE' })
})

networkContract('connecting where nothing listens is CONNECTION_REFUSED', async (world) => {
  const options = { host: world.thereHost, port: 0, onConnection: () => {} }
  const listener = await world.there.network.listen(options)
  await listener.close()
  const connecting = world.here.network.connect({ host: world.thereHost, port: listener.port })
  await assert.rejects(connecting, { name: 'NetworkError', code: 'CONNECTION_REFUSED' })
})

networkContract('connecting gives up with the reason of its signal', async (world) => {
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  const connecting = world.here.network.connect({
    host: world.thereHost,
    port: 1,
    signal: stop.signal,
  })
  await assert.rejects(connecting, /enough/)
})

networkContract('closing a listener leaves its connections open', async (world) => {
  const { client, server, listener } = await connected(world)
  await listener.close()
  client.socket.write([Buffer.from('still here')])
  await server.until(() => server.byteCount === 10)
  client.socket.destroy()
  server.socket.destroy()
})
