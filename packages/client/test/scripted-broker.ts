import { type Api, apiKeys, encodeResponse, Reader, readRequestHeader } from '@ottla/protocol'
import { ApiVersionsApi } from '@ottla/protocol/messages/api-versions'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { InitProducerIdApi } from '@ottla/protocol/messages/init-producer-id'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import type { Listener } from '@ottla/runtime'
import { type SimulatedRuntime, simulation, type Simulation } from '@ottla/runtime/simulated'
import { type Reply, ServerConnection } from '@ottla/transport'
import { Client } from '../src/client.ts'
import type { ClientOptions } from '../src/client-options.ts'

/** What a handler may do instead of answering. */
export const drop = Symbol('drop the connection')
export const silent = Symbol('never answer')

type Outcome<Response> = Response | typeof drop | typeof silent

type Handler = (body: Reader, version: number, reply: Reply, correlationId: number) => void

interface Topic {
  readonly name: string
  readonly topicId: string
  /** The leader of each partition. */
  readonly leaders: readonly number[]
}

/**
 * A broker that answers as a test tells it, on a simulated machine. ApiVersions, Metadata,
 * FindCoordinator and InitProducerId it answers by itself.
 */
export class ScriptedBroker {
  readonly nodeId: number
  readonly requests: string[] = []
  topics: Topic[] = []
  nodes: readonly number[]
  #handlers = new Map<number, Handler>()
  #listener: Listener | null = null
  readonly #connections: ServerConnection[] = []
  #producerIds = 1_000

  constructor(nodeId: number, nodes: readonly number[]) {
    this.nodeId = nodeId
    this.nodes = nodes
    this.on(ApiVersionsApi, () => ({
      errorCode: 0,
      apiKeys: apiKeys
        .filter(({ brokerVersions }) => brokerVersions !== null)
        .map(({ key, brokerVersions }) => ({
          apiKey: key,
          minVersion: brokerVersions!.from,
          maxVersion: brokerVersions!.to,
        })),
    }))
    this.on(MetadataApi, ({ topics }) => ({
      brokers: this.nodes.map((id) => ({ nodeId: id, host: `broker-${id}`, port: 9092 })),
      clusterId: 'scripted',
      controllerId: this.nodes[0] ?? -1,
      topics: (topics?.map(({ name }) => name ?? '') ?? this.topics.map(({ name }) => name)).map(
        (name) => this.#describe(name),
      ),
    }))
    this.on(FindCoordinatorApi, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({
        key,
        nodeId: this.nodeId,
        host: `broker-${this.nodeId}`,
        port: 9092,
        errorCode: 0,
        errorMessage: null,
      })),
    }))
    this.on(InitProducerIdApi, () => ({
      throttleTimeMs: 0,
      errorCode: 0,
      producerId: this.#producerIds++,
      producerEpoch: 0,
    }))
  }

  /** Answers an API from now on. */
  on<Request extends RequestInput, RequestInput, Response extends ResponseInput, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    answer: (request: Request, version: number) => Outcome<ResponseInput>,
  ): void {
    const handler: Handler = (frame, version, reply, correlationId) => {
      const outcome = answer(api.request.read(frame, version), version)
      if (outcome === drop) reply.fail(new Error('dropped'))
      else if (outcome !== silent) {
        reply.sendFramed(encodeResponse(api.response, correlationId, version, outcome))
      }
    }
    this.#handlers.set(api.key, handler)
  }

  async listen(runtime: SimulatedRuntime): Promise<void> {
    const { clock, logger } = runtime
    this.#listener = await runtime.network.listen({
      host: `broker-${this.nodeId}`,
      port: 9092,
      onConnection: (socket) => {
        const onRequest = (frame: Buffer, reply: Reply): void => this.#serve(frame, reply)
        this.#connections.push(new ServerConnection({ socket, clock, logger, onRequest }))
      },
    })
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await this.#listener?.close()
  }

  #serve(frame: Buffer, reply: Reply): void {
    const reader = new Reader(frame)
    const { requestApiKey, requestApiVersion, correlationId } = readRequestHeader(reader)
    this.requests.push(apiKeys.find(({ key }) => key === requestApiKey)?.name ?? '')
    this.#handlers.get(requestApiKey)?.(reader, requestApiVersion, reply, correlationId)
  }

  #describe(name: string): {
    errorCode: number
    name: string
    topicId?: string
    partitions: {
      errorCode: number
      partitionIndex: number
      leaderId: number
      replicaNodes: number[]
      isrNodes: number[]
    }[]
  } {
    const topic = this.topics.find((known) => known.name === name)
    if (topic === undefined) return { errorCode: 3, name, partitions: [] }
    const partitions = topic.leaders.map((leaderId, partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId,
      replicaNodes: [leaderId],
      isrNodes: [leaderId],
    }))
    return { errorCode: 0, name, topicId: topic.topicId, partitions }
  }
}

export const lettersId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** A simulated cluster of scripted brokers with a topic `letters`, and a client of it. */
export async function scripted(
  test: (world: {
    readonly simulation: Simulation
    readonly brokers: readonly ScriptedBroker[]
    readonly client: Client
  }) => Promise<void>,
  options: { readonly brokers?: number; readonly client?: Partial<ClientOptions> } = {},
): Promise<void> {
  const world = simulation()
  await world.run(async () => {
    const ids = Array.from({ length: options.brokers ?? 1 }, (_, index) => index + 1)
    const brokers = ids.map((id) => new ScriptedBroker(id, ids))
    for (const broker of brokers) {
      broker.topics = [{ name: 'letters', topicId: lettersId, leaders: [1] }]
      await broker.listen(world.node(`broker-${broker.nodeId}`))
    }
    const client = new Client({
      runtime: world.node('client'),
      bootstrapServers: 'broker-1:9092',
      ...options.client,
    })
    try {
      await test({ simulation: world, brokers, client })
    } finally {
      await client.close()
      for (const broker of brokers) await broker.close()
    }
  })
}
