import { type BrokerSettings, internalReplicationFactor, isTopicName } from '@ottla/metadata'
import { errorNumber, KafkaError } from '@ottla/protocol'
import type { Logger } from '@ottla/runtime'
import { isInternalTopic, OFFSETS_TOPIC } from './internal-topics.ts'
import type { ControllerChannel } from './lifecycle/controller-channel.ts'
import type { Metadata } from './metadata.ts'

/** How long a topic that was asked for may take to be created before the client is told to retry. */
const CREATION_TIMEOUT_MS = 30_000

export interface TopicCreationOptions {
  readonly controller: ControllerChannel
  readonly metadata: Metadata
  readonly settings: BrokerSettings
  readonly logger: Logger
}

/** Creates topics that clients name before anybody made them, and the coordinators' own. */
export class TopicCreation {
  readonly #options: TopicCreationOptions
  /** One request to the controller for a topic, however many clients ask for it meanwhile. */
  readonly #underWay = new Map<string, Promise<number>>()

  constructor(options: TopicCreationOptions) {
    this.#options = options
  }

  /**
   * Creates what is missing as far as it may.
   * @returns The error of each topic that was not created.
   */
  async createMissing(
    names: Iterable<string>,
    { isAllowed }: { readonly isAllowed: boolean },
  ): Promise<Map<string, number>> {
    const { settings } = this.#options
    const errors = new Map<string, number>()
    await Promise.all(
      [...names].map(async (name) => {
        const mayCreate = isAllowed && (settings.autoCreateTopicsEnable || isInternalTopic(name))
        let errorCode: number
        if (!isTopicName(name)) errorCode = errorNumber('INVALID_TOPIC_EXCEPTION')
        else if (!mayCreate) errorCode = errorNumber('UNKNOWN_TOPIC_OR_PARTITION')
        else errorCode = await this.#create(name)
        if (errorCode !== 0) errors.set(name, errorCode)
      }),
    )
    return errors
  }

  /** @throws {KafkaError} COORDINATOR_NOT_AVAILABLE, for the client to try again. */
  async createInternal(name: string): Promise<void> {
    const errorCode = await this.#create(name)
    if (errorCode !== 0)
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `${name} is not there yet`)
  }

  #create(name: string): Promise<number> {
    let creation = this.#underWay.get(name)
    if (creation === undefined) {
      creation = this.#request(name).finally(() => this.#underWay.delete(name))
      this.#underWay.set(name, creation)
    }
    return creation
  }

  async #request(name: string): Promise<number> {
    const { controller, logger } = this.#options
    const answer = await controller.createTopics({
      topics: [{ name, assignments: [], ...this.#shape(name) }],
      timeoutMs: CREATION_TIMEOUT_MS,
      validateOnly: false,
    })
    const result = answer.topics[0]
    const errorCode = result?.errorCode ?? 0
    if (errorCode === 0 || errorCode === errorNumber('TOPIC_ALREADY_EXISTS')) return 0
    logger.warn('a topic could not be created', { topic: name, error: result?.errorMessage })
    // As in Kafka clients learn only that it is not there; why is for whoever runs the broker.
    return errorNumber('UNKNOWN_TOPIC_OR_PARTITION')
  }

  #shape(name: string): {
    numPartitions: number
    replicationFactor: number
    configs: { name: string; value: string | null }[]
  } {
    const { settings, metadata } = this.#options
    if (name !== OFFSETS_TOPIC) return { numPartitions: -1, replicationFactor: -1, configs: [] }
    return {
      numPartitions: settings.offsetsTopicNumPartitions,
      replicationFactor: internalReplicationFactor(
        settings,
        'offsets.topic.replication.factor',
        metadata.image.aliveBrokers().length,
      ),
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'compression.type', value: 'producer' },
        { name: 'segment.bytes', value: String(settings.offsetsTopicSegmentBytes) },
      ],
    }
  }
}
