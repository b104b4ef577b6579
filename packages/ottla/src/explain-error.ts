import { KafkaError } from '@ottla/protocol'
import { DiskError, NetworkError } from '@ottla/runtime'
import { DataDirectoryError } from '@ottla/storage'
import { UserError } from './user-error.ts'

/** An error of the world's making in a sentence for a person; null when it is a bug's. */
export function explainError(error: unknown): string | null {
  if (error instanceof SuppressedError) return explainError(error.suppressed)
  if (error instanceof NetworkError && error.code === 'ADDRESS_IN_USE') {
    return `${error.message}; --listen host:port takes another address`
  }
  const isWorldly =
    error instanceof UserError ||
    error instanceof NetworkError ||
    error instanceof DataDirectoryError ||
    error instanceof DiskError ||
    error instanceof KafkaError
  return isWorldly ? error.message : null
}
