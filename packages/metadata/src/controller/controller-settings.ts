/** The controller's settings, under Kafka's names where it has one. */
export interface ControllerSettings {
  /** num.partitions: of a topic whose creator does not say. */
  readonly numPartitions: number
  /** default.replication.factor: likewise. */
  readonly defaultReplicationFactor: number
  /** delete.topic.enable. */
  readonly deleteTopicEnable: boolean
  /** broker.session.timeout.ms: after this long without a heartbeat a broker is fenced. */
  readonly brokerSessionTimeoutMs: number
}

/** Kafka's defaults. */
export const defaultControllerSettings: ControllerSettings = {
  numPartitions: 1,
  defaultReplicationFactor: 1,
  deleteTopicEnable: true,
  brokerSessionTimeoutMs: 9000,
}

/**
 * Partitions that one request may ask for, and records that it may come to; more is POLICY_VIOLATION.
 * They are one batch of the log, all or nothing, and it must stay small.
 */
export const recordsPerRequestMax = 10_000

/** Producer ids given out at a time (AllocateProducerIds). */
export const producerIdBlockSize = 1000
