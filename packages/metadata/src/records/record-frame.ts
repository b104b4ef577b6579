import { KafkaError, Reader, Writer } from '@ottla/protocol'
import type { MessageCodec } from '@ottla/protocol'
import { metadataCodecs } from './metadata-record.ts'
import type { MetadataRecord, MetadataRecordType } from './metadata-record.ts'

/**
 * How a record of the metadata log is stored, in a batch's record value or a snapshot:
 *
 *   frame version  uvarint  1
 *   api key        uvarint  which kind of record
 *   version        uvarint  of its schema
 *   fields                  as the schema says
 */
export function encodeRecord(record: MetadataRecord): Buffer {
  // One of many codecs, and the fields that go with just that one.
  const codec = metadataCodecs[record.type] as unknown as MessageCodec<unknown, unknown>
  const writer = new Writer()
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(codec.apiKey)
  writer.uvarint(record.version)
  codec.write(writer, record.value, record.version)
  return writer.finishWhole()
}

/**
 * Byte fields of what it gives are slices of `frame`.
 * @throws {KafkaError} when the bytes are no metadata record that this version of Ottla knows.
 */
export function decodeRecord(frame: Buffer): MetadataRecord {
  const reader = new Reader(frame)
  const frameVersion = reader.uvarint()
  if (frameVersion !== FRAME_VERSION) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `A metadata record with frame version ${frameVersion}; only ${FRAME_VERSION} is known`,
    )
  }
  const apiKey = reader.uvarint()
  const type = typeOfKey.get(apiKey)
  if (type === undefined) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `A metadata record of the unknown kind ${apiKey}; it was written by a newer version`,
    )
  }
  const version = reader.uvarint()
  const value = metadataCodecs[type].read(reader, version)
  return { type, version, value } as MetadataRecord
}

const FRAME_VERSION = 1

const typeOfKey = new Map<number, MetadataRecordType>(
  Object.entries(metadataCodecs).map(([type, codec]) => [codec.apiKey, type as MetadataRecordType]),
)
