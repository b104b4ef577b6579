import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  KafkaError,
  Reader,
  readRequestHeader,
  responseHeaderVersion,
  Writer,
} from '@ottla/protocol'
import {
  ApiVersionsApi,
  type ApiVersionsResponseInput,
} from '@ottla/protocol/messages/api-versions'
import { HeartbeatApi } from '@ottla/protocol/messages/heartbeat'
import { ResponseHeader } from '@ottla/protocol/messages/response-header'
import type { Listener } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import {
  ClientConnection,
  type ClientConnectionOptions,
  type Reply,
  ServerConnection,
} from '@ottla/transport'
import { inWorlds, type World } from './worlds.ts'

interface Request {
  readonly apiKey: number
  readonly version: number
  readonly clientId: string | null
  readonly reader: Reader
  /** Answers with this body in this version, or in the request's own. */
  answer(write: (writer: Writer, version: number) => void, version?: number): void
  readonly reply: Reply
}

interface Pair {
  readonly client: ClientConnection
  readonly servers: ServerConnection[]
  readonly listener: Listener
}

/** A client connected to a server that answers as it is told. */
async function pair(
  world: World,
  onRequest: (request: Request) => void,
  options: Partial<ClientConnectionOptions> = {},
): Promise<Pair> {
  const { clock, network, logger } = world.there
  const servers: ServerConnection[] = []
  const listener = await network.listen({
    host: world.thereHost,
    port: 0,
    onConnection: (socket) => {
      const onFrame = (frame: Buffer, reply: Reply): void => onRequest(read(frame, reply))
      const overlaps = (): boolean => true
      servers.push(new ServerConnection({ socket, clock, logger, overlaps, onRequest: onFrame }))
    },
  })
  const client = await ClientConnection.connect(world.here.network, {
    clock: world.here.clock,
    host: world.thereHost,
    port: listener.port,
    ...options,
  })
  return { client, servers, listener }
}

async function stop({ client, servers, listener }: Pair): Promise<void> {
  await client.close()
  for (const server of servers) server.destroy()
  await listener.close()
}

function read(frame: Buffer, reply: Reply): Request {
  const reader = new Reader(frame)
  const header = readRequestHeader(reader)
  return {
    apiKey: header.requestApiKey,
    version: header.requestApiVersion,
    clientId: header.clientId,
    reader,
    reply,
    answer: (write, version = header.requestApiVersion) => {
      const writer = Writer.framed()
      const headerVersion = responseHeaderVersion(header.requestApiKey, header.requestApiVersion)
      ResponseHeader.write(writer, { correlationId: header.correlationId }, headerVersion)
      write(writer, version)
      reply.sendFramed(writer.finish())
    },
  }
}

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

function answerHeartbeat(request: Request, errorCode = 0): void {
  request.answer((writer, version) => HeartbeatApi.response.write(writer, { errorCode }, version))
}

function answerVersions(request: Request, body: ApiVersionsResponseInput, version?: number): void {
  request.answer((writer, at) => ApiVersionsApi.response.write(writer, body, at), version)
}

inWorlds('a request gets its answer, in plain and in flexible versions', async (world) => {
  const seen: unknown[] = []
  const both = await pair(
    world,
    (request) => {
      const body = HeartbeatApi.request.read(request.reader, request.version)
      seen.push([request.apiKey, request.version, request.clientId, body.groupId])
      answerHeartbeat(request, 27)
    },
    { clientId: 'tester' },
  )
  for (const version of [0, 4]) {
    const { errorCode } = await both.client.request(HeartbeatApi, version, heartbeat)
    assert.equal(errorCode, 27)
  }
  assert.deepEqual(seen, [
    [12, 0, 'tester', 'g'],
    [12, 4, 'tester', 'g'],
  ])
  await stop(both)
})

inWorlds('ten thousand requests under way at once each get their own answer', async (world) => {
  const both = await pair(world, (request) => {
    const { generationId } = HeartbeatApi.request.read(request.reader, request.version)
    const answer = (): void => answerHeartbeat(request, generationId)
    if (generationId % 7 === 0) world.there.clock.schedule(generationId % 3, answer)
    else answer()
  })
  const codes = await Promise.all(
    Array.from({ length: 10_000 }, async (_, generationId) => {
      const body = { ...heartbeat, generationId }
      return (await both.client.request(HeartbeatApi, 4, body)).errorCode
    }),
  )
  assert.ok(codes.every((code, at) => code === at))
  assert.equal(both.client.inFlightRequests, 0)
  await stop(both)
})

inWorlds('negotiation learns what the broker has', async (world) => {
  const both = await pair(world, (request) => {
    const offer = [
      { apiKey: ApiVersionsApi.key, minVersion: 0, maxVersion: 4 },
      { apiKey: HeartbeatApi.key, minVersion: 2, maxVersion: 3 },
    ]
    answerVersions(request, { errorCode: 0, apiKeys: offer })
  })
  const answer = await both.client.negotiate()
  assert.equal(answer.apiKeys.length, 2)
  assert.equal(both.client.versionFor(HeartbeatApi), 3)
  assert.equal(both.client.versionFor(HeartbeatApi, 2), 2)
  assert.throws(() => both.client.versionFor(HeartbeatApi, 1), {
    code: 'UNSUPPORTED_VERSION',
    message: /Heartbeat: broker .* has versions 2–3; this client has 0–4/,
  })
  assert.throws(() => both.client.versionFor({ key: 1, name: 'Fetch' }), /does not have it/)
  await stop(both)
})

inWorlds('an older broker is asked again in a version that it has', async (world) => {
  for (const offered of [2, null]) {
    const asked: number[] = []
    const both = await pair(world, (request) => {
      asked.push(request.version)
      const own = { apiKey: ApiVersionsApi.key, minVersion: 0, maxVersion: offered ?? 0 }
      const isKnown = request.version <= own.maxVersion
      if (isKnown) answerVersions(request, { errorCode: 0, apiKeys: [own] })
      else answerVersions(request, { errorCode: 35, apiKeys: offered === null ? [] : [own] }, 0)
    })
    await both.client.negotiate()
    assert.deepEqual(asked, [4, offered ?? 0])
    await stop(both)
  }
})

inWorlds(
  'when the connection breaks all that is pending rejects, and all that comes later',
  async (world) => {
    let requests = 0
    const ready = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const both = await pair(
      world,
      () => {
        requests += 1
        if (requests === 3) ready.resolve()
      },
      { onClose: () => closed.resolve() },
    )
    const pending = [1, 2, 3].map(() => both.client.request(HeartbeatApi, 4, heartbeat))
    const outcomes = Promise.allSettled(pending)
    await ready.promise
    both.servers[0]!.destroy()
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected')
      assert.ok(outcome.reason instanceof KafkaError)
      assert.equal(outcome.reason.code, 'NETWORK_EXCEPTION')
      assert.match(outcome.reason.message, /^broker \S+: /)
    }
    await closed.promise
    assert.ok(both.client.isClosed)
    const later = both.client.request(HeartbeatApi, 4, heartbeat)
    await assert.rejects(later, { code: 'NETWORK_EXCEPTION' })
    await assert.rejects(both.client.drained(), { code: 'NETWORK_EXCEPTION' })
    await stop(both)
  },
)

inWorlds('an answer that does not come in time ends the connection', async (world) => {
  const both = await pair(world, () => {})
  const patient = both.client.request(HeartbeatApi, 4, heartbeat)
  const hasty = both.client.request(HeartbeatApi, 4, heartbeat, { timeoutMs: 30 })
  const start = world.here.clock.monotonic()
  const [first, second] = await Promise.allSettled([patient, hasty])
  const tookMs = world.here.clock.monotonic() - start
  assert.ok(tookMs >= 30 && tookMs < 5_000, `${tookMs} ms`)
  assert.equal((first as PromiseRejectedResult).reason.code, 'NETWORK_EXCEPTION')
  assert.equal((second as PromiseRejectedResult).reason.code, 'REQUEST_TIMED_OUT')
  assert.match((second as PromiseRejectedResult).reason.message, /Heartbeat: no answer from broker/)
  await stop(both)
})

inWorlds('a request given up leaves the connection to the others', async (world) => {
  const requests: Request[] = []
  const both = await pair(world, (request) => void requests.push(request))
  const giveUp = new AbortController()
  const first = both.client.request(HeartbeatApi, 4, heartbeat, { signal: giveUp.signal })
  const second = both.client.request(HeartbeatApi, 4, heartbeat)
  await world.here.clock.sleep(10)
  giveUp.abort(new Error('enough'))
  await assert.rejects(first, /enough/)
  for (const request of requests) answerHeartbeat(request, 5)
  assert.equal((await second).errorCode, 5)
  const third = both.client.request(HeartbeatApi, 4, heartbeat, { signal: giveUp.signal })
  await assert.rejects(third, /enough/)
  await stop(both)
})

inWorlds('an answer out of order is not taken for another', async (world) => {
  const both = await pair(world, (request) => {
    const writer = new Writer()
    ResponseHeader.write(writer, { correlationId: 77 }, 1)
    request.reply.send(writer.finish())
  })
  await assert.rejects(both.client.request(HeartbeatApi, 4, heartbeat), {
    code: 'NETWORK_EXCEPTION',
    message: /correlation id 77 in place of 0 \(Heartbeat\)/,
  })
  await stop(both)
})

inWorlds('an answer that cannot be read rejects its request alone', async (world) => {
  let count = 0
  const both = await pair(world, (request) => {
    count += 1
    if (count === 1) request.answer((writer) => writer.int8(1))
    else answerHeartbeat(request)
  })
  const [bad, good] = await Promise.allSettled([
    both.client.request(HeartbeatApi, 0, heartbeat),
    both.client.request(HeartbeatApi, 0, heartbeat),
  ])
  assert.equal((bad as PromiseRejectedResult).reason.code, 'INVALID_REQUEST')
  assert.equal(good.status, 'fulfilled')
  await stop(both)
})

inWorlds('a message that cannot be written rejects and sends nothing', async (world) => {
  const both = await pair(world, (request) => answerHeartbeat(request))
  const tooNew = both.client.request(HeartbeatApi, 99, heartbeat)
  await assert.rejects(tooNew, { code: 'UNSUPPORTED_VERSION' })
  await both.client.request(HeartbeatApi, 4, heartbeat)
  await stop(both)
})

inWorlds('a request without an answer does not disturb the ones that have one', async (world) => {
  const seen: number[] = []
  const both = await pair(world, (request) => {
    const { generationId } = HeartbeatApi.request.read(request.reader, request.version)
    seen.push(generationId)
    if (generationId < 0) request.reply.none()
    else answerHeartbeat(request, generationId)
  })
  both.client.post(HeartbeatApi, 4, { ...heartbeat, generationId: -1 })
  const answer = await both.client.request(HeartbeatApi, 4, { ...heartbeat, generationId: 3 })
  assert.equal(answer.errorCode, 3)
  assert.deepEqual(seen, [-1, 3])
  await stop(both)
})

inWorlds('a full connection drains', async (world) => {
  const both = await pair(world, (request) => request.reply.none())
  const body = { ...heartbeat, memberId: 'm'.repeat(30_000) }
  for (let rounds = 0; rounds < 2_000 && !both.client.isFull; rounds += 1) {
    for (let at = 0; at < 50; at += 1) both.client.post(HeartbeatApi, 0, body)
    await Promise.resolve()
  }
  assert.ok(both.client.isFull)
  await both.client.drained()
  assert.ok(!both.client.isFull)
  await both.client.drained()
  await stop(both)
})

inWorlds('connecting where nobody listens says where', async (world) => {
  const options = { host: world.thereHost, port: 0, onConnection: () => {} }
  const listener = await world.there.network.listen(options)
  await listener.close()
  const { clock, network } = world.here
  const { host, port } = { host: world.thereHost, port: listener.port }
  await assert.rejects(ClientConnection.connect(network, { clock, host, port }), {
    code: 'NETWORK_EXCEPTION',
    message: /^connect to \S+:\d+: .*nothing listens there/,
  })
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(ClientConnection.connect(network, { clock, host, port, signal }), /enough/)
})

test('connecting over a cut link gives up in time', async () => {
  const world = simulation({ seed: 1 })
  const { clock, network } = world.node('here')
  world.node('there')
  world.network.partition(['here'], ['there'])
  await world.run(async () => {
    const options = { clock, host: 'there', port: 9092, connectTimeoutMs: 5_000 }
    await assert.rejects(ClientConnection.connect(network, options), {
      code: 'NETWORK_EXCEPTION',
      message: 'connect to there:9092: no answer within 5000 ms',
    })
    assert.equal(clock.monotonic(), 5_000)
  })
})

test('the same seed gives the same run of both ends', async () => {
  const run = async (seed: number): Promise<string> => {
    const world = simulation({ seed })
    const machines = { here: world.node('here'), there: world.node('there'), thereHost: 'there' }
    await world.run(async () => {
      const both = await pair(machines, (request) => {
        const { random, clock } = machines.there
        clock.schedule(random.int(5), () => answerHeartbeat(request))
      })
      const all = Array.from({ length: 200 }, () => both.client.request(HeartbeatApi, 4, heartbeat))
      await Promise.all(all)
      await stop(both)
    })
    return world.trace.hash
  }
  const first = await run(1)
  assert.equal(await run(1), first)
  assert.notEqual(await run(2), first)
})
