import { KafkaError } from '@ottla/protocol'
import type {
  CreatableTopic,
  CreatableTopicResultInput,
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from '@ottla/protocol/messages/create-topics'
import type { Decision } from '@ottla/state-machine'
import { CONFIG_RESOURCE_TYPES } from '../image/config-resource.ts'
import type { ConfigEntries, MetadataImage } from '../image/metadata-image.ts'
import { canCollide, collisionName } from '../image/topic-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { recordsPerRequestMax } from './controller-settings.ts'
import { topicConfigLayers } from './environment.ts'
import type { ControllerEnvironment } from './environment.ts'
import { type MutationCharge, noCharge } from './mutation-charge.ts'
import { assignedPartitions, partitionRecords, placedPartitions } from './new-partitions.ts'
import type { NewPartition } from './new-partitions.ts'
import { checkTopicName } from './topic-name.ts'

/** The log of the metadata itself has a topic's name, but is none. */
const METADATA_TOPIC = '__cluster_metadata'

/** What the caller may do; without it, everything. */
export interface CreateTopicsPermissions {
  /** Whether a topic of this name may be created. */
  readonly mayCreate: (topic: string) => boolean
  /** Whether the settings of this topic may be told. */
  readonly mayDescribeConfigs: (topic: string) => boolean
}

/**
 * CreateTopics (key 19), versions 2–7. Each topic is created or refused on its own; all that are
 * created are one batch of the log.
 *
 *   v4  partitions and replication factor may be -1: the defaults (KIP-464)
 *   v5  the answer tells partitions, replication factor and settings (KIP-525)
 *   v6  THROTTLING_QUOTA_EXCEEDED above the mutation quota (KIP-599)
 *   v7  the answer tells the topic id
 *
 * Topics are answered in the request's order, then those named twice. What is left out: create-topic
 * policies.
 */
export function createTopics(
  image: MetadataImage,
  request: CreateTopicsRequest,
  environment: ControllerEnvironment,
  permissions?: CreateTopicsPermissions,
  charge: MutationCharge = noCharge,
): Decision<MetadataRecord, CreateTopicsResponseInput> {
  const byName = Map.groupBy(request.topics, (topic) => topic.name)
  // So many topics are too many records even if most are refused, each of which takes time.
  const isExcessive = byName.size > recordsPerRequestMax
  if (isExcessive || partitionCount(byName, environment) > recordsPerRequestMax) {
    return refuseAll(request, 'Excessively large number of partitions per request.')
  }
  const records: MetadataRecord[] = []
  const results: CreatableTopicResultInput[] = []
  const late: CreatableTopicResultInput[] = []

  for (const [name, [topic, ...others]] of byName) {
    const refusal = others.length > 0 ? DUPLICATE : refusalByName(name, permissions)
    if (refusal !== null) {
      late.push(failure(name, refusal))
      continue
    }
    try {
      const created = createTopic(image, topic!, environment, charge)
      records.push(...created.records)
      const tellsConfigs = permissions?.mayDescribeConfigs(name) ?? true
      results.push(success(image, topic!, created, tellsConfigs, environment))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      results.push(failure(name, error))
    }
  }
  if (records.length > recordsPerRequestMax) {
    return refuseAll(request, 'Unable to perform excessively large batch operation.')
  }
  return {
    records: request.validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, topics: [...results, ...late] },
  }
}

/** How many the request asks for, right or wrong; topics named twice do not count. */
function partitionCount(
  byName: ReadonlyMap<string, readonly CreatableTopic[]>,
  { settings }: ControllerEnvironment,
): number {
  let count = 0
  for (const [topic, ...others] of byName.values()) {
    if (others.length > 0) continue
    const { assignments, numPartitions } = topic!
    if (assignments.length > 0) count += assignments.length
    else count += numPartitions === -1 ? settings.numPartitions : Math.max(numPartitions, 0)
  }
  return count
}

/** One topic that is too large spoils the request for the others. */
function refuseAll(
  { topics }: CreateTopicsRequest,
  message: string,
): Decision<MetadataRecord, CreateTopicsResponseInput> {
  const error = new KafkaError('POLICY_VIOLATION', message)
  const reply = { throttleTimeMs: 0, topics: topics.map(({ name }) => failure(name, error)) }
  return { records: [], reply }
}

const DUPLICATE = new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')

function refusalByName(name: string, permissions?: CreateTopicsPermissions): KafkaError | null {
  if (name === METADATA_TOPIC) {
    return new KafkaError(
      'INVALID_REQUEST',
      `Creation of internal topic ${METADATA_TOPIC} is prohibited.`,
    )
  }
  if (permissions?.mayCreate(name) === false) {
    return new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'Authorization failed.')
  }
  return null
}

interface CreatedTopic {
  readonly topicId: string
  readonly partitions: readonly NewPartition[]
  readonly configs: ConfigEntries
  readonly records: readonly MetadataRecord[]
}

function createTopic(
  image: MetadataImage,
  topic: CreatableTopic,
  environment: ControllerEnvironment,
  charge: MutationCharge,
): CreatedTopic {
  const { name } = topic
  checkTopicName(name)
  if (image.topic(name) !== undefined) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  }
  checkCollision(image, name)

  const configs = requestedConfigs(topic)
  if (configs.size > 0) environment.configs.validate(CONFIG_RESOURCE_TYPES.topic, name, configs)

  const { settings, random } = environment
  const partitions =
    topic.assignments.length > 0
      ? assignedPartitions(image, topic)
      : placedPartitions(image, topic, settings, random)
  charge(partitions.length)
  const topicId = random.uuid()
  return {
    topicId,
    partitions,
    configs,
    records: [
      { type: 'TopicRecord', version: 0, value: { name, topicId } },
      ...configRecords(name, configs),
      ...partitionRecords(image, topicId, 0, partitions),
    ],
  }
}

function checkCollision(image: MetadataImage, name: string): void {
  if (!canCollide(name)) return
  const other = image.collidingNames.get(collisionName(name))?.[0]
  if (other === undefined) return
  throw new KafkaError(
    'INVALID_TOPIC_EXCEPTION',
    `Topic '${name}' collides with existing topic: ${other}`,
  )
}

function requestedConfigs(topic: CreatableTopic): ConfigEntries {
  const missing = topic.configs.filter(({ value }) => value === null)
  if (missing.length > 0) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Null value not supported for topic configs: ${missing.map(({ name }) => name).join(',')}`,
    )
  }
  return new Map(topic.configs.map(({ name, value }) => [name, value!]))
}

function configRecords(topic: string, configs: ConfigEntries): MetadataRecord[] {
  return [...configs].map(([name, value]) => ({
    type: 'ConfigRecord',
    version: 0,
    value: { resourceType: CONFIG_RESOURCE_TYPES.topic, resourceName: topic, name, value },
  }))
}

function success(
  image: MetadataImage,
  topic: CreatableTopic,
  { topicId, partitions, configs }: CreatedTopic,
  tellsConfigs: boolean,
  environment: ControllerEnvironment,
): CreatableTopicResultInput {
  const base = { name: topic.name, topicId, errorCode: 0, errorMessage: null }
  if (!tellsConfigs) {
    const denied = new KafkaError('TOPIC_AUTHORIZATION_FAILED').errorCode
    return { ...base, topicConfigErrorCode: denied, configs: [] }
  }
  return {
    ...base,
    topicConfigErrorCode: 0,
    numPartitions: partitions.length,
    replicationFactor: partitions[0]!.replicas.length,
    configs: environment.configs
      .describeTopic(topicConfigLayers(image, environment.nodeId, configs))
      .map((config) => ({ ...config })),
  }
}

function failure(name: string, error: KafkaError): CreatableTopicResultInput {
  return { name, errorCode: error.errorCode, errorMessage: error.message }
}
