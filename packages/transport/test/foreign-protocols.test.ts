import assert from 'node:assert/strict'
import type { Logger, Socket } from '@ottla/runtime'
import { ClientConnection, ServerConnection } from '@ottla/transport'
import { frame } from './raw-peer.ts'
import { inWorlds, type World } from './worlds.ts'

interface Heard {
  /** All bytes that came back until the connection ended. */
  readonly bytes: Buffer
  readonly served: readonly string[]
  readonly warnings: readonly string[]
}

/** Says these bytes to a server, in one write or byte by byte, and listens until it hangs up. */
async function say({ here, there, thereHost }: World, pieces: readonly Buffer[]): Promise<Heard> {
  const served: string[] = []
  const warnings: string[] = []
  const logger: Logger = {
    ...there.logger,
    warn: (_, fields) => {
      warnings.push(String(fields?.['reason']))
    },
  }
  const listener = await there.network.listen({
    host: thereHost,
    port: 0,
    onConnection: (socket) => {
      void new ServerConnection({
        socket,
        clock: there.clock,
        logger,
        onRequest: (request, reply) => {
          served.push(request.toString())
          reply.send([request])
        },
      })
    },
  })
  const socket = await here.network.connect({ host: thereHost, port: listener.port })
  const heard = until(socket)
  for (const piece of pieces) socket.write([piece])
  const bytes = await heard
  socket.destroy()
  await listener.close()
  return { bytes, served, warnings }
}

function until(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    socket.handle({
      onData: (chunk) => void chunks.push(Buffer.from(chunk)),
      onDrain() {},
      onEnd: () => resolve(Buffer.concat(chunks)),
      onClose: (error) => reject(error ?? new Error('closed before it ended')),
    })
  })
}

const httpRequests = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  `POST /topics/a HTTP/1.1\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`,
  'OPTIONS * HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

for (const request of httpRequests) {
  const what = request.slice(0, request.indexOf('\r'))
  inWorlds(`${what}: an HTTP answer says that this is a Kafka port`, async (world) => {
    const { bytes, served, warnings } = await say(world, [Buffer.from(request)])
    const [head, body] = bytes.toString().split('\r\n\r\n')
    assert.match(head!, /^HTTP\/1\.1 400 Bad Request\r\n/)
    assert.match(head!, new RegExp(`Content-Length: ${Buffer.byteLength(body!)}\r\n`))
    assert.match(body!, /speaks the Apache Kafka protocol, not HTTP/)
    assert.deepEqual(served, [])
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!, /sent an HTTP request/)
  })
}

inWorlds('an HTTP request that comes byte by byte is known by its first four', async (world) => {
  const pieces = [...Buffer.from(httpRequests[0]!)].map((byte) => Buffer.from([byte]))
  const { bytes, warnings } = await say(world, pieces)
  assert.match(bytes.toString(), /^HTTP\/1\.1 400 /)
  assert.equal(warnings.length, 1)
})

inWorlds('a TLS hello is closed without a byte; the log says what it was', async (world) => {
  const hello = Buffer.from('16030100c8010000c40303000102030405060708090a0b0c0d0e0f', 'hex')
  const { bytes, warnings } = await say(world, [hello])
  assert.equal(bytes.length, 0)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /began a TLS handshake.*security\.protocol=PLAINTEXT/)
})

inWorlds('what reads as HTTP behind a request is a size that cannot be', async (world) => {
  const pieces = [Buffer.concat([frame('first'), Buffer.from(httpRequests[0]!)])]
  const { bytes, served, warnings } = await say(world, pieces)
  assert.deepEqual(served, ['first'])
  assert.deepEqual(bytes, frame('first'))
  assert.match(warnings[0]!, /announced 1195725856 bytes/)
})

const strangers = [
  ['a TLS listener', '15030300020228', /speaks TLS: use the address of a listener/],
  ['a web server', Buffer.from('HTTP/1.1 400 Bad Request').toString('hex'), /speaks HTTP, not/],
] as const

for (const [name, answer, reason] of strangers) {
  inWorlds(`a client that reached ${name} says so`, async ({ here, there, thereHost }) => {
    const listener = await there.network.listen({
      host: thereHost,
      port: 0,
      onConnection: (socket) => {
        socket.handle({
          onData: () => socket.write([Buffer.from(answer, 'hex')]),
          onDrain() {},
          onEnd: () => socket.destroy(),
          onClose() {},
        })
      },
    })
    const client = await ClientConnection.connect(here.network, {
      clock: here.clock,
      host: thereHost,
      port: listener.port,
      clientId: 'lost',
    })
    await assert.rejects(client.negotiate(), reason)
    await client.close()
    await listener.close()
  })
}
