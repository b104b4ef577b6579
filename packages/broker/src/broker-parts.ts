import type { BrokerSettings, ConfigSource } from '@ottla/metadata'
import type { Clock, Logger, Random } from '@ottla/runtime'
import type { KafkaError } from '@ottla/protocol'
import type { DirectoryDescription } from '@ottla/storage'
import type { ControllerChannel } from './lifecycle/controller-channel.ts'
import type { FetchSessions } from './fetching/fetch-sessions.ts'
import type { GroupCoordinators } from './groups/group-coordinators.ts'
import type { Metadata } from './metadata.ts'
import type { BrokerCounters } from './metrics/broker-counters.ts'
import type { ClientQuotas } from './quotas/client-quotas.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Replicas } from './partitions/replicas.ts'
import type { TopicCreation } from './topic-creation.ts'

/** Where log start offsets are written down. */
export interface LogStarts {
  /** Resolves once the log start offsets of all logs, as they are now, are on disk. */
  checkpointLogStartOffsets(): Promise<void>
}

/** The broker's data directories. */
export interface DataDirectories {
  readonly directories: readonly DirectoryDescription[]
  /** As `LogManager.moveTo`. */
  moveTo(topic: string, partition: number, path: string): Promise<void>
}

/** The parts that request handlers work with. `broker.ts` makes them. */
export interface BrokerParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: BrokerSettings
  readonly metadata: Metadata
  readonly configs: ConfigSource
  readonly controller: ControllerChannel
  readonly replicas: Replicas
  readonly logStarts: LogStarts
  readonly directories: DataDirectories
  readonly fetchSessions: FetchSessions
  readonly groups: GroupCoordinators
  readonly producerIds: ProducerIds
  readonly topicCreation: TopicCreation
  readonly metrics: BrokerCounters
  readonly quotas: ClientQuotas

  /**
   * Takes an error that should not have happened: logs it, stops the broker when an invariant is
   * broken or its disk failed, and gives what the client is told.
   */
  reportBug(error: unknown, request: { apiKey: number; apiVersion: number }): KafkaError
}
