import { type Api, KafkaError, throwIfError } from '@ottla/protocol'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import type { ClientConnection } from '@ottla/transport'
import {
  type ClientOptions,
  type ResolvedClientOptions,
  resolveClientOptions,
} from '../client-options.ts'
import { type Address, parseAddresses } from './address.ts'
import { Connections } from './connections.ts'
import {
  emptySnapshot,
  type MetadataSnapshot,
  type PartitionState,
  takeIn,
  type TopicState,
} from './metadata-snapshot.ts'
import { retry } from './retry.ts'

/** A broker by its node id, the active controller, or whichever answers. */
export type Target = number | 'controller' | 'any'

export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  /** Longer than the client's own timeout where a broker may hold the request back. */
  readonly timeoutMs?: number
  /** Not above this version. */
  readonly highestVersion?: number
  /** Requests in another lane have a connection of their own: one that waits holds nobody up. */
  readonly lane?: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

/**
 * A cluster as its clients see it: where the brokers and leaders are, and a way to ask them. Shared by
 * producers, consumers and admin calls.
 */
export class Cluster {
  readonly options: ResolvedClientOptions
  readonly #bootstrap: readonly Address[]
  readonly #connections: Connections
  #metadata: MetadataSnapshot = emptySnapshot
  /** When each topic was last heard of, on the monotonic clock. */
  readonly #heardAt = new Map<string, number>()
  #lanes = 0
  readonly #refreshes = new Map<string, Promise<MetadataSnapshot>>()

  /** @throws {KafkaError} INVALID_CONFIG when an address is none. */
  constructor(options: ClientOptions) {
    this.options = resolveClientOptions(options)
    this.#bootstrap = parseAddresses(options.bootstrapServers)
    this.#connections = new Connections(this.options)
  }

  /** As last heard; may be empty or old. */
  get metadata(): MetadataSnapshot {
    return this.#metadata
  }

  /**
   * Sends one request, once. `body` is made for the version that both sides have.
   * @throws {KafkaError} What the connection throws; BROKER_NOT_AVAILABLE for an unknown node.
   */
  async send<
    Request extends RequestInput,
    RequestInput,
    Response extends ResponseInput,
    ResponseInput,
  >(
    target: Target,
    api: Api<Request, RequestInput, Response, ResponseInput>,
    body: (version: number) => RequestInput,
    options: SendOptions = {},
  ): Promise<Response> {
    const connection = await this.connection(target, options.lane)
    const version = connection.versionFor(api, options.highestVersion)
    const { signal, timeoutMs } = options
    return connection.request(api, version, body(version), {
      ...(signal !== undefined && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
  }

  /** Attempts as `retry` does, on this client's clock and with its pauses. */
  call<T>(attempt: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    const { runtime, retryBackoffMs, retryBackoffMaxMs, callTimeoutMs } = this.options
    return retry(
      {
        clock: runtime.clock,
        random: runtime.random,
        backoffMs: retryBackoffMs,
        backoffMaxMs: retryBackoffMaxMs,
        timeoutMs: options.timeoutMs ?? callTimeoutMs,
        signal: options.signal,
        onRetry: (error) => {
          runtime.logger.debug('trying again', { error })
          if (error.invalidMetadata || error.code === 'NETWORK_EXCEPTION') this.forgetMetadata()
        },
      },
      attempt,
    )
  }

  /** A connection that knows its broker's versions. */
  async connection(target: Target, lane?: string): Promise<ClientConnection> {
    if (target === 'any') return this.#anyConnection(lane)
    const nodeId = target === 'controller' ? await this.#controllerId() : target
    const broker = this.#metadata.brokers.get(nodeId)
    if (broker === undefined) {
      throw new KafkaError('BROKER_NOT_AVAILABLE', `the cluster names no broker ${nodeId}`)
    }
    return this.#connections.to(broker, lane)
  }

  /** A name for a lane that nobody else has. */
  newLane(purpose: string): string {
    this.#lanes += 1
    return `${purpose}-${this.#lanes}`
  }

  /** Ends the lane's connections: what was under way in it fails. */
  closeLane(lane: string): void {
    this.#connections.closeLane(lane)
  }

  /** Everything learned so far may be wrong: it is asked for again before it is used. */
  forgetMetadata(): void {
    this.#heardAt.clear()
  }

  /**
   * Asks for metadata.
   * @param topics Names; null is all topics.
   * @throws {KafkaError} NETWORK_EXCEPTION when no broker can be reached.
   */
  async refresh(
    topics: readonly string[] | null,
    options: { readonly allowAutoTopicCreation?: boolean } = {},
  ): Promise<MetadataSnapshot> {
    const { allowAutoTopicCreation = false } = options
    const name = JSON.stringify([topics, allowAutoTopicCreation])
    const running = this.#refreshes.get(name)
    if (running !== undefined) return running
    const refresh = this.#ask(topics, allowAutoTopicCreation).finally(() => {
      this.#refreshes.delete(name)
    })
    this.#refreshes.set(name, refresh)
    return refresh
  }

  /**
   * A topic whose partitions are known.
   * @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE and what else a broker says.
   */
  async topic(
    name: string,
    options: { readonly allowAutoTopicCreation?: boolean } = {},
  ): Promise<TopicState> {
    const known = this.#metadata.topics.get(name)
    if (known !== undefined && known.errorCode === 0 && this.#isFresh(name)) return known
    const { topics } = await this.refresh([name], options)
    const topic = topics.get(name)
    if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', unknown(name))
    throwIfError(topic.errorCode, topic.errorCode === 3 ? unknown(name) : null)
    return topic
  }

  /**
   * A partition that has a leader.
   * @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE.
   */
  async partition(topic: string, partition: number): Promise<PartitionState> {
    const state = (await this.topic(topic)).partitions[partition]
    if (state === undefined) {
      this.#heardAt.delete(topic)
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} has no partition ${partition}`)
    }
    if (state.leaderId < 0) {
      this.#heardAt.delete(topic)
      throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition} has no leader now`)
    }
    return state
  }

  /** Where a group's (or transactional id's) coordinator is. @throws {KafkaError} COORDINATOR_NOT_AVAILABLE */
  async coordinator(
    key: string,
    kind: 'group' | 'transaction' = 'group',
    signal?: AbortSignal,
  ): Promise<number> {
    const keyType = kind === 'group' ? 0 : 1
    const response = await this.send(
      'any',
      FindCoordinatorApi,
      (version) => (version >= 4 ? { keyType, coordinatorKeys: [key] } : { keyType, key }),
      { signal },
    )
    const found = response.coordinators[0] ?? response
    throwIfError(found.errorCode, found.errorMessage)
    const { nodeId, host, port } = found
    if (!this.#metadata.brokers.has(nodeId)) {
      const brokers = new Map(this.#metadata.brokers).set(nodeId, {
        nodeId,
        host,
        port,
        rack: null,
      })
      this.#metadata = { ...this.#metadata, brokers }
    }
    return nodeId
  }

  async close(): Promise<void> {
    await this.#connections.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #controllerId(): Promise<number> {
    const { controllerId } = await this.refresh([])
    if (controllerId < 0) {
      throw new KafkaError('NOT_CONTROLLER', 'the cluster has no controller now')
    }
    return controllerId
  }

  #isFresh(topic: string): boolean {
    const heardAt = this.#heardAt.get(topic)
    const { runtime, metadataMaxAgeMs } = this.options
    return heardAt !== undefined && runtime.clock.monotonic() - heardAt < metadataMaxAgeMs
  }

  async #ask(
    topics: readonly string[] | null,
    allowAutoTopicCreation: boolean,
  ): Promise<MetadataSnapshot> {
    const response = await this.send('any', MetadataApi, (version) => ({
      // Version 0 has no null: there an empty list means all topics.
      topics: topics?.map((name) => ({ name })) ?? (version === 0 ? [] : null),
      ...(version >= 4 && { allowAutoTopicCreation }),
    }))
    throwIfError(response.errorCode)
    this.#metadata = takeIn(this.#metadata, response, topics === null)
    const now = this.options.runtime.clock.monotonic()
    for (const { name, errorCode } of response.topics) {
      if (name !== null && errorCode === 0) this.#heardAt.set(name, now)
    }
    return this.#metadata
  }

  /** A broker that is known, else a bootstrap server, in random order until one answers. */
  async #anyConnection(lane?: string): Promise<ClientConnection> {
    const known = this.#shuffled([...this.#metadata.brokers.values()])
    let failure: unknown = null
    for (const address of [...known, ...this.#shuffled(this.#bootstrap)]) {
      try {
        return await this.#connections.to(address, lane)
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        failure = error
      }
    }
    throw failure
  }

  #shuffled<T>(items: readonly T[]): T[] {
    const { random } = this.options.runtime
    const left = [...items]
    const shuffled: T[] = []
    while (left.length > 0) shuffled.push(...left.splice(random.int(left.length), 1))
    return shuffled
  }
}

function unknown(topic: string): string {
  return `there is no topic ${topic}`
}
