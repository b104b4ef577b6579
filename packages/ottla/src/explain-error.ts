import { KafkaError } from '@ottla/protocol'
import { DiskError, NetworkError } from '@ottla/runtime'
import { UserError } from './user-error.ts'

/** An error of the world's making in a sentence for a person; null when it is a bug's. */
export function explainError(error: unknown): string | null {
  if (error instanceof UserError) return error.message
  if (error instanceof NetworkError) return explainNetworkError(error)
  if (error instanceof DiskError) return error.message
  if (error instanceof KafkaError) return error.message
  return null
}

function explainNetworkError({ code, message }: NetworkError): string {
  if (code === 'ADDRESS_IN_USE') return `${message}; --listen host:port takes another address`
  return message
}
