import { KafkaError } from './errors.ts'
import { RequestHeader } from './generated/messages/request-header.ts'
import { ResponseHeader } from './generated/messages/response-header.ts'
import { requestHeaderVersion, responseHeaderVersion } from './headers.ts'
import type { MessageCodec } from './message.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export interface RequestFrame {
  readonly correlationId: number
  readonly clientId: string | null
  readonly version: number
}

/** A request as it goes over the wire: size, header, body. Large byte fields stay chunks of their own. */
export function encodeRequest<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  { correlationId, clientId, version }: RequestFrame,
  request: Input,
): Buffer[] {
  const writer = Writer.framed()
  RequestHeader.write(
    writer,
    { requestApiKey: codec.apiKey, requestApiVersion: version, correlationId, clientId },
    requestHeaderVersion(codec.apiKey, version),
  )
  codec.write(writer, request, version)
  return writer.finish()
}

/** A response as it goes over the wire: size, header, body. Large byte fields stay chunks of their own. */
export function encodeResponse<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  correlationId: number,
  version: number,
  response: Input,
): Buffer[] {
  const writer = Writer.framed()
  ResponseHeader.write(writer, { correlationId }, responseHeaderVersion(codec.apiKey, version))
  codec.write(writer, response, version)
  return writer.finish()
}

/**
 * Reads a response from its frame, the size left out.
 *
 * @throws {KafkaError} INVALID_REQUEST when it answers another request than `correlationId`.
 */
export function decodeResponse<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  correlationId: number,
  version: number,
  frame: Buffer,
): Message {
  const reader = new Reader(frame)
  const header = ResponseHeader.read(reader, responseHeaderVersion(codec.apiKey, version))
  if (header.correlationId !== correlationId) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `${codec.name} has correlation id ${header.correlationId}, expected ${correlationId}`,
    )
  }
  return codec.read(reader, version)
}
