import { type KafkaError, throwIfError } from '@ottla/protocol'
import {
  alterConfigOp,
  configResourceType,
  configSource,
  configType,
  type ConfigSource,
  type ConfigType,
} from '@ottla/protocol/enums'
import { DescribeConfigsApi } from '@ottla/protocol/messages/describe-configs'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { ListConfigResourcesApi } from '@ottla/protocol/messages/list-config-resources'
import type { CallOptions, Cluster, Target } from '../cluster/cluster.ts'
import { errorOf, retryIfAny } from './outcome.ts'

/** What has settings. A broker is named by its id; '' is the default of all brokers. */
export interface ConfigResource {
  readonly type: 'TOPIC' | 'BROKER' | 'BROKER_LOGGER' | 'CLIENT_METRICS' | 'GROUP'
  readonly name: string
}

export interface ConfigEntry {
  readonly name: string
  /** null: unset, or a secret. */
  readonly value: string | null
  /** Where the value comes from. */
  readonly source: ConfigSource
  readonly type: ConfigType
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** As the broker tells it; null unless asked for. */
  readonly documentation: string | null
}

export interface ConfigChange {
  readonly name: string
  /** APPEND and SUBTRACT are for lists. */
  readonly op: 'SET' | 'DELETE' | 'APPEND' | 'SUBTRACT'
  /** null with DELETE. */
  readonly value: string | null
}

/**
 * The settings of one resource, with the defaults, by name.
 *
 * @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION; INVALID_REQUEST for a broker that is none.
 */
export async function describeConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  options: CallOptions & { readonly documentation?: boolean } = {},
): Promise<readonly ConfigEntry[]> {
  return cluster.call(async () => {
    const response = await cluster.send(
      targetOf(resource),
      DescribeConfigsApi,
      (version) => ({
        resources: [
          {
            resourceType: configResourceType[resource.type],
            resourceName: resource.name,
            configurationKeys: null,
          },
        ],
        includeSynonyms: false,
        ...(version >= 3 && { includeDocumentation: options.documentation ?? false }),
      }),
      { signal: options.signal },
    )
    const result = response.results[0]
    throwIfError(result?.errorCode ?? 0, result?.errorMessage)
    return (result?.configs ?? [])
      .map((config) => ({
        name: config.name,
        value: config.value,
        source: nameOf(configSource, config.configSource),
        type: nameOf(configType, config.configType),
        isReadOnly: config.readOnly,
        isSensitive: config.isSensitive,
        documentation: config.documentation,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }, options)
}

/**
 * Changes some settings of one resource and leaves the others, all or none (KIP-339).
 * @returns What the broker refused it for, or null.
 */
export async function alterConfigs(
  cluster: Cluster,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  options: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<KafkaError | null> {
  return cluster.call(async () => {
    const response = await cluster.send(
      targetOf(resource),
      IncrementalAlterConfigsApi,
      () => ({
        resources: [
          {
            resourceType: configResourceType[resource.type],
            resourceName: resource.name,
            configs: changes.map(({ name, op, value }) => ({
              name,
              configOperation: alterConfigOp[op],
              value,
            })),
          },
        ],
        validateOnly: options.validateOnly ?? false,
      }),
      { signal: options.signal },
    )
    const result = response.responses[0]
    const error = errorOf(result?.errorCode ?? 0, result?.errorMessage)
    retryIfAny([error])
    return error
  }, options)
}

/**
 * The names of what has settings of its own (KIP-1142).
 * @throws {KafkaError} UNSUPPORTED_VERSION from brokers before 4.1, but for CLIENT_METRICS.
 */
export async function listConfigResources(
  cluster: Cluster,
  type: ConfigResource['type'],
  options: CallOptions = {},
): Promise<readonly string[]> {
  return cluster.call(async () => {
    const response = await cluster.send(
      'any',
      ListConfigResourcesApi,
      (version) => (version >= 1 ? { resourceTypes: [configResourceType[type]] } : {}),
      { signal: options.signal },
    )
    throwIfError(response.errorCode)
    return response.configResources.map(({ resourceName }) => resourceName).sort()
  }, options)
}

/** A broker answers for itself; what is the cluster's, any can say. */
function targetOf({ type, name }: ConfigResource): Target {
  const isOfOneBroker = (type === 'BROKER' || type === 'BROKER_LOGGER') && /^\d{1,9}$/.test(name)
  return isOfOneBroker ? Number(name) : 'any'
}

function nameOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  number: number,
): Name {
  const found = (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number)
  return found ?? ('UNKNOWN' as Name)
}
