import { KafkaError } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/**
 * One message of the protocol, or one stored record, in all its versions.
 *
 * A decoded message has every field: those that its version lacks hold their default. `Input` is what
 * `write` takes: fields with a default of their own, tagged ones, and those that some version lacks may
 * be left out. A field that the version lacks and cannot do without is a KafkaError UNSUPPORTED_VERSION.
 */
export interface MessageCodec<Message extends Input, Input = Message> {
  readonly name: string
  /** The API's number, or a stored record's; -1 for what has none. */
  readonly apiKey: number
  readonly lowestVersion: number
  readonly highestVersion: number
  /** The first version with compact lengths and tagged fields (KIP-482); Infinity when there is none. */
  readonly firstFlexibleVersion: number
  /** Leaves the reader after the message: bytes may remain, and it is the caller who judges them. */
  read(reader: Reader, version: number): Message
  write(writer: Writer, message: Input, version: number): void
}

/** An API: its number, its request and its response. */
export interface Api<
  Request extends RequestInput,
  RequestInput,
  Response extends ResponseInput,
  ResponseInput,
> {
  /** As in the protocol: ListOffsets. */
  readonly name: string
  readonly key: number
  readonly request: MessageCodec<Request, RequestInput>
  readonly response: MessageCodec<Response, ResponseInput>
}

export const emptyBuffer: Buffer = Buffer.alloc(0)

/** For generated code: refuses versions that the message does not have. */
export function checkVersion(version: number, name: string, lowest: number, highest: number): void {
  if (version >= lowest && version <= highest) return
  const versions = lowest === highest ? `version ${lowest}` : `versions ${lowest} to ${highest}`
  throw new KafkaError('UNSUPPORTED_VERSION', `${name} has ${versions}, not ${version}`)
}

/** For generated code: a field's value that this version has no place for. */
export function unsupportedField(field: string, version: number): KafkaError {
  return new KafkaError(
    'UNSUPPORTED_VERSION',
    `${field} is set but version ${version} has no place for it`,
  )
}

/** For generated code: unknown tagged fields for a version without tags. */
export function unsupportedTags(name: string, version: number): KafkaError {
  return new KafkaError(
    'UNSUPPORTED_VERSION',
    `${name} has unknown tagged fields but version ${version} has no tags`,
  )
}

/** For generated code: a null that this version cannot say. */
export function unsupportedNull(field: string, version: number): KafkaError {
  return new KafkaError('UNSUPPORTED_VERSION', `${field} cannot be null in version ${version}`)
}
