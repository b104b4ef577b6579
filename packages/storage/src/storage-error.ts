import { KafkaError } from '@ottla/protocol'
import { DiskError } from '@ottla/runtime'

/** What a client is told of a failure of the disk; anything else stays as it is. */
export function storageError(error: unknown, name: string): KafkaError {
  if (error instanceof KafkaError) return error
  if (!(error instanceof DiskError)) throw error
  return new KafkaError('KAFKA_STORAGE_ERROR', `${name}: ${error.message}`, { cause: error })
}
