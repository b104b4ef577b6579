import { KafkaError } from '@ottla/protocol'
import { DiskError, NetworkError } from '@ottla/runtime'
import { DataDirectoryError } from '@ottla/storage'
import { explainKafkaError } from './explain-kafka-error.ts'
import { UserError } from './user-error.ts'

/** An error of the world's making in a sentence for a person; null when it is a bug's. */
export function explainError(error: unknown): string | null {
  if (error instanceof SuppressedError) return explainError(error.suppressed)
  if (error instanceof NetworkError && error.code === 'ADDRESS_IN_USE') {
    return `${error.message}; --listen host:port takes another address`
  }
  if (error instanceof KafkaError) return explainKafkaError(error)
  const isWorldly =
    error instanceof UserError ||
    error instanceof NetworkError ||
    error instanceof DataDirectoryError ||
    error instanceof DiskError
  return isWorldly ? error.message : null
}
