import { type MessageCodec, requestHeaderVersion, Writer } from '@ottla/protocol'
import { RequestHeader } from '@ottla/protocol/messages/request-header'

/** What follows, with its int32 size before it. */
export function sized(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32(body.length), body])
}

export function int8(value: number): Buffer {
  const bytes = Buffer.alloc(1)
  bytes.writeInt8(value)
  return bytes
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function string(text: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])
}

/** Correlation id of every request here. */
export const CORRELATION_ID = 77

/** A request header as old versions have it, with a client id. */
export function header(apiKey: number, version: number): Buffer {
  return Buffer.concat([int16(apiKey), int16(version), int32(CORRELATION_ID), string('hostile')])
}

/** A request header with tags, none of them set. */
export function flexibleHeader(apiKey: number, version: number): Buffer {
  return Buffer.concat([header(apiKey, version), int8(0)])
}

/** A whole well-formed request. */
export function request<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  version: number,
  message: Input,
): Buffer {
  const writer = Writer.framed()
  RequestHeader.write(
    writer,
    {
      requestApiKey: codec.apiKey,
      requestApiVersion: version,
      correlationId: CORRELATION_ID,
      clientId: 'hostile',
    },
    requestHeaderVersion(codec.apiKey, version),
  )
  codec.write(writer, message, version)
  return writer.finishWhole()
}
