import { errorName, KafkaError, NO_ERROR, throwIfError, ZERO_UUID } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteTopicsApi } from '@ottla/protocol/messages/delete-topics'
import { DescribeConfigsApi } from '@ottla/protocol/messages/describe-configs'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicState } from '../cluster/metadata-snapshot.ts'

export interface NewTopic {
  readonly name: string
  /** Default: the broker's `num.partitions`. */
  readonly partitions?: number
  /** Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** How one topic of a call fared; the others of the call are not touched by its error. */
export interface TopicOutcome {
  readonly name: string
  readonly error: KafkaError | null
}

export interface TopicConfig {
  readonly name: string
  readonly value: string | null
  /** Whether the topic itself has it, rather than the broker or nobody. */
  readonly isOwn: boolean
}

const TOPIC_RESOURCE = 2
const TOPIC_CONFIG_SOURCE = 1

/** What is done to a cluster rather than with its records. */
export class Admin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Creates topics; one that failed has its error in the result. */
  async createTopics(
    topics: readonly NewTopic[],
    options: CallOptions & { readonly validateOnly?: boolean } = {},
  ): Promise<readonly TopicOutcome[]> {
    const { validateOnly = false } = options
    const { requestTimeoutMs } = this.#cluster.options
    return this.#cluster.call(async () => {
      const response = await this.#cluster.send(
        'controller',
        CreateTopicsApi,
        (version) => ({
          topics: topics.map((topic) => createRow(topic, version)),
          timeoutMs: requestTimeoutMs,
          validateOnly,
        }),
        { signal: options.signal },
      )
      retryWhenNotController(response.topics)
      this.#cluster.forgetMetadata()
      return response.topics.map(({ name, errorCode, errorMessage }) => ({
        name,
        error: errorOf(errorCode, errorMessage),
      }))
    }, options)
  }

  /** Deletes topics by name; one that failed has its error in the result. */
  async deleteTopics(
    names: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly TopicOutcome[]> {
    const { requestTimeoutMs: timeoutMs } = this.#cluster.options
    return this.#cluster.call(async () => {
      const response = await this.#cluster.send(
        'controller',
        DeleteTopicsApi,
        (version) =>
          version >= 6
            ? { topics: names.map((name) => ({ name, topicId: ZERO_UUID })), timeoutMs }
            : { topicNames: names, timeoutMs },
        { signal: options.signal },
      )
      retryWhenNotController(response.responses)
      this.#cluster.forgetMetadata()
      return response.responses.map(({ name, errorCode, errorMessage }) => ({
        name: name ?? '',
        error: errorOf(errorCode, errorMessage),
      }))
    }, options)
  }

  /** All topics, by name. */
  async listTopics(options: CallOptions = {}): Promise<readonly TopicState[]> {
    const { topics } = await this.#cluster.call(() => this.#cluster.refresh(null), options)
    return [...topics.values()].sort(byName)
  }

  /**
   * Some topics, in the order asked for.
   * @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION for the first that does not exist.
   */
  async describeTopics(
    names: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly TopicState[]> {
    const { topics } = await this.#cluster.call(() => this.#cluster.refresh(names), options)
    return names.map((name) => {
      const topic = topics.get(name)
      if (topic === undefined || topic.errorCode === 3) {
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
      }
      throwIfError(topic.errorCode)
      return topic
    })
  }

  /** A topic's settings in force. */
  async topicConfigs(name: string, options: CallOptions = {}): Promise<readonly TopicConfig[]> {
    return this.#cluster.call(async () => {
      const response = await this.#cluster.send(
        'any',
        DescribeConfigsApi,
        () => ({
          resources: [
            { resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null },
          ],
        }),
        { signal: options.signal },
      )
      const result = response.results[0]
      throwIfError(result?.errorCode ?? 0, result?.errorMessage)
      return (result?.configs ?? [])
        .map((config) => ({
          name: config.name,
          value: config.value,
          isOwn: config.configSource === TOPIC_CONFIG_SOURCE,
        }))
        .sort(byName)
    }, options)
  }
}

function createRow(
  { name, partitions, replicationFactor, configs = {} }: NewTopic,
  version: number,
): {
  name: string
  numPartitions: number
  replicationFactor: number
  assignments: []
  configs: { name: string; value: string }[]
} {
  // Before version 4 there is no "as the broker says" (KIP-464).
  const unset = version >= 4 ? -1 : 1
  return {
    name,
    numPartitions: partitions ?? unset,
    replicationFactor: replicationFactor ?? unset,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
}

const NOT_CONTROLLER = 41

function retryWhenNotController(outcomes: readonly { readonly errorCode: number }[]): void {
  if (outcomes.some(({ errorCode }) => errorCode === NOT_CONTROLLER)) {
    throw new KafkaError('NOT_CONTROLLER')
  }
}

function errorOf(code: number, message: string | null): KafkaError | null {
  return code === NO_ERROR ? null : new KafkaError(errorName(code), message ?? undefined)
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
