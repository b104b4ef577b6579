import { KafkaError } from '@ottla/protocol'
import { DiskError } from '@ottla/runtime'

/** What a client is told of a failure of the disk; anything else stays as it is. */
export function storageError(error: unknown, name: string): KafkaError {
  if (error instanceof KafkaError) return error
  if (!(error instanceof DiskError)) throw error
  return new KafkaError('KAFKA_STORAGE_ERROR', `${name}: ${error.message}`, { cause: error })
}

/** A request came to a log that takes none. */
export function notOpenError(name: string, isClosed: boolean, cause: unknown): KafkaError {
  const why = isClosed ? 'is closed' : 'failed before; a restart recovers it'
  return new KafkaError('KAFKA_STORAGE_ERROR', `the log of ${name} ${why}`, { cause })
}

/** `offset` is before the log start offset or after the log end offset. */
export function outOfRangeError(
  name: string,
  logStartOffset: number,
  logEndOffset: number,
  offset: number,
): KafkaError {
  return new KafkaError(
    'OFFSET_OUT_OF_RANGE',
    `${name} has offsets ${logStartOffset} to ${logEndOffset} (exclusive), not ${offset}`,
  )
}
