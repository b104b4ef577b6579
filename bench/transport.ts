import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { silentLogger } from '@ottla/runtime'
import { NodeNetwork, nodeRuntime } from '@ottla/runtime/node'
import { ServerConnection } from '@ottla/transport'

/**
 * What receiving costs: requests into a ServerConnection that answers each with 60 bytes at once.
 *
 *   node --conditions=ottla-src bench/transport.ts [--seconds 2] [--json FILE]
 *
 * Large requests have 56 KB (500 records of 100 bytes), small ones 1.2 KB (10 records). The CPU time is
 * the server's alone; the load comes from a process of its own. Three ways to get at memory:
 *   fresh    every read and every frame takes new memory, as node:net does it
 *   shared   all sockets read into one buffer; a frame takes new memory
 *   used     as shared, and a frame's buffer is used again once it is answered
 */
interface Load {
  readonly name: string
  readonly frameBytes: number
  readonly connections: number
  /** On each connection. */
  readonly inFlight: number
}

interface Figures {
  readonly load: string
  readonly memory: 'fresh' | 'shared' | 'used'
  readonly requestsPerSecond: number
  readonly gigabytesPerSecond: number
  readonly cpuMicrosecondsPerRequest: number
  readonly cpuSecondsPerGigabyte: number
}

const loads: readonly Load[] = [
  { name: 'large, 1 connection', frameBytes: 56_000, connections: 1, inFlight: 8 },
  { name: 'large, 4 connections', frameBytes: 56_000, connections: 4, inFlight: 8 },
  { name: 'small, 1 connection', frameBytes: 1_200, connections: 1, inFlight: 50 },
  { name: 'small, one at a time', frameBytes: 1_200, connections: 1, inFlight: 1 },
]

const ANSWER_BYTES = 60
const WARM_UP_MS = 700

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, json: { type: 'string' } },
})

if (process.send === undefined) await measureAll()
else generateLoad()

async function measureAll(): Promise<void> {
  const results: Figures[] = []
  for (const load of loads) {
    for (const memory of ['fresh', 'shared', 'used'] as const) {
      const figures = await measure(load, memory)
      results.push(figures)
      const cells = [
        load.name.padEnd(22),
        memory.padEnd(8),
        `${Math.round(figures.requestsPerSecond)} requests/s`.padStart(20),
        `${figures.gigabytesPerSecond.toFixed(2)} GB/s`.padStart(12),
        `${figures.cpuMicrosecondsPerRequest.toFixed(2)} CPU-µs each`.padStart(20),
        `${figures.cpuSecondsPerGigabyte.toFixed(3)} CPU-s/GB`.padStart(18),
      ]
      console.log(cells.join(''))
    }
  }
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2))
}

async function measure(load: Load, memory: Figures['memory']): Promise<Figures> {
  const { clock } = nodeRuntime({ logger: silentLogger })
  const network = new NodeNetwork({ sharesReadBuffer: memory !== 'fresh' })
  const answer = Buffer.alloc(ANSWER_BYTES)
  answer.writeInt32BE(ANSWER_BYTES - 4)
  let requests = 0
  const begun = Promise.withResolvers<void>()
  const connections: ServerConnection[] = []
  const listener = await network.listen({
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      const connection = new ServerConnection({
        socket,
        clock,
        logger: silentLogger,
        leavesFrame: () => memory === 'used',
        onRequest: (_, reply) => {
          if (requests === 0) begun.resolve()
          requests += 1
          reply.sendFramed([answer])
        },
      })
      connections.push(connection)
    },
  })

  const generator = fork(import.meta.filename)
  generator.send({ ...load, port: listener.port })
  await begun.promise
  await clock.sleep(WARM_UP_MS)
  const requestsBefore = requests
  const cpuBefore = process.cpuUsage()
  const start = clock.monotonic()
  await clock.sleep(Number(options.seconds) * 1000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (clock.monotonic() - start) / 1000
  const served = requests - requestsBefore
  generator.kill()
  for (const connection of connections) connection.destroy()
  await listener.close()

  const gigabytes = (served * (load.frameBytes + 4)) / 1e9
  return {
    load: load.name,
    memory,
    requestsPerSecond: served / seconds,
    gigabytesPerSecond: gigabytes / seconds,
    cpuMicrosecondsPerRequest: (user + system) / served,
    cpuSecondsPerGigabyte: (user + system) / 1e6 / gigabytes,
  }
}

/** The child: keeps so many requests on the way, told by the bytes that come back. */
function generateLoad(): void {
  process.once('disconnect', () => process.exit())
  process.once('message', (message) => {
    const { port, frameBytes, connections, inFlight } = message as Load & { port: number }
    const frame = Buffer.alloc(frameBytes + 4, 1)
    frame.writeInt32BE(frameBytes)
    for (let made = 0; made < connections; made += 1) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      let answeredBytes = 0
      const send = (count: number): void => {
        socket.cork()
        for (let sent = 0; sent < count; sent += 1) socket.write(frame)
        socket.uncork()
      }
      socket.on('connect', () => send(inFlight))
      socket.on('error', () => process.exit())
      socket.on('data', (chunk) => {
        answeredBytes += chunk.length
        const answers = Math.floor(answeredBytes / ANSWER_BYTES)
        answeredBytes -= answers * ANSWER_BYTES
        if (answers > 0) send(answers)
      })
    }
  })
}
