import { parseBrokerSettings } from '@ottla/metadata'
import { type Api, Reader, Writer } from '@ottla/protocol'
import { RequestHeader } from '@ottla/protocol/messages/request-header'
import { ResponseHeader } from '@ottla/protocol/messages/response-header'
import { requestHeaderVersion, responseHeaderVersion } from '@ottla/protocol'
import { type Simulation, simulation } from '@ottla/runtime/simulated'
import { FrameReader } from '@ottla/transport'
import { Broker } from '../../src/index.ts'

const PORT = 9092

/** A broker on a simulated machine, and clients that speak to it in raw requests. */
export class BrokerWorld {
  readonly world: Simulation
  broker!: Broker
  readonly failures: Error[] = []
  readonly #settings: Readonly<Record<string, string>>

  constructor(settings: Readonly<Record<string, string>> = {}, seed = 1) {
    this.world = simulation({ seed })
    this.#settings = settings
  }

  async start(): Promise<void> {
    const entries = Object.entries({
      'node.id': '1',
      listeners: `PLAINTEXT://broker:${PORT}`,
      'log.dirs': '/data',
      'group.initial.rebalance.delay.ms': '0',
      ...this.#settings,
    })
    const parsed = parseBrokerSettings(
      entries.map(([name, value]) => ({ name, value, where: 'this test' })),
    )
    if (!('settings' in parsed)) throw new Error(JSON.stringify(parsed))
    this.broker = await Broker.start({
      runtime: this.world.node('broker'),
      settings: parsed.settings,
      onFailure: (error) => this.failures.push(error),
    })
  }

  /** What was logged as our own mistake since the start. */
  get bugs(): readonly string[] {
    return this.world.trace.entries
      .map(({ what }) => what)
      .filter((what) => what.includes('failed unexpectedly'))
  }

  async client(): Promise<RawClient> {
    const { network } = this.world.node('client')
    return new RawClient(await network.connect({ host: 'broker', port: PORT }))
  }
}

/** Runs a test in a world with a running broker, and stops it. */
export async function withBroker(
  use: (client: RawClient, world: BrokerWorld) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const world = new BrokerWorld(settings)
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await use(client, world)
    client.close()
    await world.broker.close()
  })
}

type Connected = Awaited<ReturnType<ReturnType<Simulation['node']>['network']['connect']>>

/** Sends frames as they are given, well-formed or not, and hands back what comes. */
export class RawClient {
  readonly #socket: Connected
  readonly #frames = new FrameReader(1 << 30)
  readonly #waiting: ((frame: Buffer | null) => void)[] = []
  readonly #arrived: Buffer[] = []
  isClosed = false
  #correlationId = 0

  constructor(socket: Connected) {
    this.#socket = socket
    socket.handle({
      onData: (chunk) => {
        this.#frames.push(Buffer.from(chunk))
        for (let frame = this.#frames.take(); frame !== null; frame = this.#frames.take()) {
          const waiter = this.#waiting.shift()
          if (waiter === undefined) this.#arrived.push(frame)
          else waiter(frame)
        }
      },
      onDrain() {},
      onEnd: () => this.#end(),
      onClose: () => this.#end(),
    })
  }

  /** Sends bytes that begin with their size, or do not. */
  write(bytes: Buffer): void {
    this.#socket.write([bytes])
  }

  /** The next frame, without its size; null once the broker has closed the connection. */
  receive(): Promise<Buffer | null> {
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) return Promise.resolve(arrived)
    if (this.isClosed) return Promise.resolve(null)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** A request's frame, size included. */
  frame<RequestInput>(
    api: AnyRequest<RequestInput>,
    version: number,
    body: RequestInput | Buffer,
    clientId: string | null = 'test',
  ): Buffer {
    const writer = Writer.framed()
    const header = {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId: ++this.#correlationId,
      clientId,
    }
    RequestHeader.write(writer, header, requestHeaderVersion(api.key, version))
    const head = writer.finishWhole()
    if (!Buffer.isBuffer(body)) {
      const bodyWriter = new Writer()
      api.request.write(bodyWriter, body, version)
      return sized(Buffer.concat([head.subarray(4), bodyWriter.finishWhole()]))
    }
    return sized(Buffer.concat([head.subarray(4), body]))
  }

  /** Sends one request and decodes its answer. @throws {Error} when the connection was closed. */
  async request<
    Request extends RequestInput,
    RequestInput,
    Response extends ResponseInput,
    ResponseInput,
  >(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    body: RequestInput,
    clientId?: string,
  ): Promise<Response> {
    this.write(this.frame(api, version, body, clientId))
    const frame = await this.receive()
    if (frame === null) throw new Error(`${api.name} v${version}: the connection was closed`)
    const reader = new Reader(frame)
    ResponseHeader.read(reader, responseHeaderVersion(api.key, version))
    return api.response.read(reader, version)
  }

  close(): void {
    this.#socket.destroy()
  }

  #end(): void {
    this.isClosed = true
    for (const waiter of this.#waiting.splice(0)) waiter(null)
  }
}

interface AnyRequest<RequestInput> {
  readonly key: number
  readonly request: { write(writer: Writer, message: RequestInput, version: number): void }
}

function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}
