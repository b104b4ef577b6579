import { KafkaError } from './errors.ts'
import type { MessageCodec } from './message.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * What goes before a stored record's body.
 *
 *   metadata record     uvarint frame version 1, uvarint type, uvarint version, body
 *   coordinator's key   int16 type, body
 *   coordinator's value int16 version, body
 *
 * A coordinator's value does not say its type: that is in the key.
 */

/** The only form of a metadata record so far. */
const metadataFrameVersion = 1

export interface StoredRecord {
  /** The `apiKey` of its codec. */
  readonly type: number
  readonly version: number
  /** Where the body starts. */
  readonly reader: Reader
}

/** A record of the metadata log, whole: the value of a log record without a key. */
export function encodeMetadataRecord<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  record: Input,
  version: number,
): Buffer {
  const writer = new Writer()
  writer.uvarint(metadataFrameVersion)
  writer.uvarint(codec.apiKey)
  writer.uvarint(version)
  codec.write(writer, record, version)
  return writer.finishWhole()
}

/** Reads what goes before a metadata record's body; the type says which codec reads the rest. */
export function decodeMetadataRecord(buffer: Buffer): StoredRecord {
  const reader = new Reader(buffer)
  const frameVersion = reader.uvarint()
  if (frameVersion !== metadataFrameVersion) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `metadata records have frame version ${metadataFrameVersion}, not ${frameVersion}`,
    )
  }
  const type = reader.uvarint()
  const version = reader.uvarint()
  return { type, version, reader }
}

/** A coordinator record's key: all key codecs have version 0 alone. */
export function encodeCoordinatorKey<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  key: Input,
): Buffer {
  const writer = new Writer()
  writer.int16(codec.apiKey)
  codec.write(writer, key, codec.highestVersion)
  return writer.finishWhole()
}

/** Reads a coordinator record's type, the key's own version being 0. */
export function decodeCoordinatorKey(buffer: Buffer): StoredRecord {
  const reader = new Reader(buffer)
  return { type: reader.int16(), version: 0, reader }
}

export function encodeCoordinatorValue<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  value: Input,
  version: number = codec.highestVersion,
): Buffer {
  const writer = new Writer()
  writer.int16(version)
  codec.write(writer, value, version)
  return writer.finishWhole()
}

/** Reads a value whose codec follows from the key before it. */
export function decodeCoordinatorValue<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  buffer: Buffer,
): Message {
  const reader = new Reader(buffer)
  return codec.read(reader, reader.int16())
}
