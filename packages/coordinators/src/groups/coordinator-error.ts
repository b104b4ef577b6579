import { KafkaError, type ErrorName } from '@ottla/protocol'

/** Errors of the log that a group's client does not know, and what it is told instead. */
const told: Readonly<Partial<Record<ErrorName, ErrorName>>> = {
  // Try again.
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NETWORK_EXCEPTION: 'COORDINATOR_LOAD_IN_PROGRESS',
  // Look for the coordinator again.
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
  // Give up.
  MESSAGE_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  RECORD_LIST_TOO_LARGE: 'UNKNOWN_SERVER_ERROR',
  INVALID_FETCH_SIZE: 'UNKNOWN_SERVER_ERROR',
}

/** What a group's client is told when a request of it failed, or its records were not committed. */
export function coordinatorError(error: unknown): ErrorName {
  if (!(error instanceof KafkaError)) return 'UNKNOWN_SERVER_ERROR'
  return told[error.code] ?? error.code
}
