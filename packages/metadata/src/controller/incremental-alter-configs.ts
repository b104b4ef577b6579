import { KafkaError } from '@ottla/protocol'
import type {
  AlterableConfig,
  AlterConfigsResource,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from '@ottla/protocol/messages/incremental-alter-configs'
import type { Decision } from '@ottla/state-machine'
import { CONFIG_RESOURCE_TYPES, configKey } from '../image/config-resource.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { areEligibleLeaderReplicasKept } from '../image/record-versions.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { recordsPerRequestMax } from './controller-settings.ts'
import type { ControllerEnvironment } from './environment.ts'
import { checkTopicName } from './topic-name.ts'

const MIN_INSYNC_REPLICAS = 'min.insync.replicas'

/** AlterConfigOp.OpType. */
export const SET = 0
export const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

/**
 * IncrementalAlterConfigs (key 44), versions 0–1 (KIP-339): each resource is changed as asked, all of it,
 * or refused.
 *
 *   v1  flexible encoding (KIP-482)
 *
 * What is left out: loggers, and what only the broker that is meant can know (whether it has what a
 * setting names): brokers look at their own settings before they pass a request on.
 */
export function incrementalAlterConfigs(
  image: MetadataImage,
  request: IncrementalAlterConfigsRequest,
  environment: ControllerEnvironment,
): Decision<MetadataRecord, IncrementalAlterConfigsResponseInput> {
  const operations = request.resources.reduce((sum, { configs }) => sum + configs.length + 1, 0)
  if (operations > recordsPerRequestMax) {
    throw new KafkaError('POLICY_VIOLATION', 'Unable to perform excessively large batch operation.')
  }
  const mentions = Map.groupBy(request.resources, (resource) =>
    configKey(resource.resourceType, resource.resourceName),
  )
  const records: MetadataRecord[] = []
  const responses = request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const result = { resourceType, resourceName, errorCode: 0, errorMessage: null }
    try {
      if (mentions.get(configKey(resourceType, resourceName))!.length > 1) {
        throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
      }
      records.push(...alterResource(image, resource, environment))
      return result
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { ...result, errorCode: error.errorCode, errorMessage: error.message }
    }
  })
  return {
    records: request.validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, responses },
  }
}

function alterResource(
  image: MetadataImage,
  resource: AlterConfigsResource,
  { configs: rules }: ControllerEnvironment,
): MetadataRecord[] {
  const { resourceType: type, resourceName: name, configs } = resource
  checkOperations(configs)
  checkResourceName(type, name)

  const current = image.config(type, name)
  const next = new Map(current)
  const changed: string[] = []
  for (const config of configs) {
    const before = current.get(config.name) ?? null
    const after = operate(config, () => {
      if (!rules.isList(type, config.name)) throw noList(config)
      return before ?? rules.defaultValue(type, config.name) ?? ''
    })
    if (after === null) next.delete(config.name)
    else next.set(config.name, after)
    // A broker's own settings are noted again even if they say the same: it reloads what they name.
    if (after !== before || type === CONFIG_RESOURCE_TYPES.broker) changed.push(config.name)
  }
  rules.validate(type, name, next)
  if (type === CONFIG_RESOURCE_TYPES.broker && areEligibleLeaderReplicasKept(image)) {
    checkMinInsyncReplicas(name, changed, next)
  }
  if (type === CONFIG_RESOURCE_TYPES.topic && image.topic(name) === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }

  const records = changed.map((setting): MetadataRecord => ({
    type: 'ConfigRecord',
    version: 0,
    value: {
      resourceType: type,
      resourceName: name,
      name: setting,
      value: next.get(setting) ?? null,
    },
  }))
  if (changed.includes(MIN_INSYNC_REPLICAS) && areEligibleLeaderReplicasKept(image)) {
    // Who is eligible to lead was decided under the old number.
    const topicName = type === CONFIG_RESOURCE_TYPES.topic ? name : ''
    records.push({ type: 'ClearElrRecord', version: 0, value: { topicName } })
  }
  return records
}

function checkOperations(configs: readonly AlterableConfig[]): void {
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
  }
  const nulls = configs.filter(
    (config) => config.configOperation !== DELETE && config.value === null,
  )
  if (nulls.length > 0) {
    const names = nulls.map(({ name }) => name).join(', ')
    throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${names}`)
  }
}

function checkResourceName(type: number, name: string): void {
  switch (type) {
    case CONFIG_RESOURCE_TYPES.topic:
      if (name === '') throw invalid('Default topic resources are not allowed.')
      checkTopicName(name)
      return
    case CONFIG_RESOURCE_TYPES.group:
      if (name === '') throw invalid('Default group resources are not allowed.')
      return
    case CONFIG_RESOURCE_TYPES.clientMetrics:
      if (name === '') throw invalid("Subscription name can't be empty")
      return
    case CONFIG_RESOURCE_TYPES.broker:
      if (name !== '' && !/^\d+$/.test(name)) {
        throw invalid(`Node id must be an integer, but it is: ${name}`)
      }
      return
    default:
      throw invalid(`Unknown resource type ${type}`)
  }
}

/** @param list What a list setting has now; throws when it is none. */
function operate(
  { name, configOperation, value }: AlterableConfig,
  list: () => string,
): string | null {
  const elements = (text: string | null) => (text ?? '').split(',').filter((part) => part !== '')
  switch (configOperation) {
    case SET:
      return value
    case DELETE:
      return null
    case APPEND:
      return [...new Set([...elements(list()), ...elements(value)])].join(',')
    case SUBTRACT: {
      const gone = elements(value)
      return elements(list())
        .filter((part) => !gone.includes(part))
        .join(',')
    }
    default:
      throw invalid(
        `Unknown operation ${configOperation} on ${name}: there are 0 SET, 1 DELETE, 2 APPEND and ` +
          '3 SUBTRACT',
      )
  }
}

function noList({ name, configOperation }: AlterableConfig): KafkaError {
  const operation = configOperation === APPEND ? 'APPEND' : 'SUBTRACT'
  return new KafkaError(
    'INVALID_CONFIG',
    `Can't ${operation} to key ${name} because its type is not LIST.`,
  )
}

/** Eligible leader replicas need one value that all controllers agree on (KIP-966). */
function checkMinInsyncReplicas(
  brokerId: string,
  changed: readonly string[],
  next: ReadonlyMap<string, string>,
): void {
  if (!changed.includes(MIN_INSYNC_REPLICAS)) return
  if (brokerId !== '') {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    )
  }
  if (!next.has(MIN_INSYNC_REPLICAS)) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
    )
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
