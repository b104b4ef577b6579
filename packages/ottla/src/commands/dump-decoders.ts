import { decodeRecord } from '@ottla/metadata'
import type { MessageCodec } from '@ottla/protocol'
import { decodeCoordinatorKey, decodeCoordinatorValue, KafkaError, Reader } from '@ottla/protocol'
import { allCodecs } from '@ottla/protocol/all'
import type { GroupMetadataValue } from '@ottla/protocol/records/group-metadata'
import type { Record as LogRecord } from '@ottla/records'
import { controlRecordType } from '@ottla/records'

/** What the records of one of Kafka's own topics mean. */
export type RecordDecoder = 'offsets' | 'transactions' | 'share-state' | 'metadata'

/** A record's meaning: a name, and the key's and value's fields. */
export interface DecodedRecord {
  /** As its schema is called, without Key and Value at the end. */
  readonly kind: string
  /** Of the value's schema; null for a tombstone. */
  readonly version: number | null
  /** null for records without keys. */
  readonly key: unknown
  /** null: a tombstone. */
  readonly value: unknown
}

const topicDecoders: Readonly<Partial<Record<string, RecordDecoder>>> = {
  __consumer_offsets: 'offsets',
  __transaction_state: 'transactions',
  __share_group_state: 'share-state',
  __cluster_metadata: 'metadata',
}

/** null for a topic whose records mean what its users say. */
export function decoderOfTopic(topic: string): RecordDecoder | null {
  return topicDecoders[topic] ?? null
}

/** What a record says. @throws {KafkaError} when it is none of the decoder's, or is of a later Kafka. */
export function decodeStoredRecord(decoder: RecordDecoder, record: LogRecord): DecodedRecord {
  if (decoder !== 'metadata') return decodeCoordinatorRecord(decoder, record)
  if (record.value === null) {
    throw new KafkaError('INVALID_RECORD', 'a record of the metadata log has no value')
  }
  const { type, version, value } = decodeRecord(record.value)
  return { kind: type, version, key: null, value }
}

/** What a control record says: a transaction's end, or what brokers tell each other. */
export function decodeControlRecord({ key, value }: LogRecord): DecodedRecord {
  const kind = controlRecordType(key)
  if (value === null || kind === 'UNKNOWN') return { kind, version: null, key: null, value: null }
  const codec = codecNamed(controlSchemas[kind])
  const version = value.length < 2 ? 0 : value.readInt16BE(0)
  const reader = new Reader(value)
  // The marker's schema leaves its version out; in the others it is the first field.
  if (kind === 'ABORT' || kind === 'COMMIT') reader.int16()
  return { kind, version, key: null, value: codec.read(reader, version) }
}

const controlSchemas = {
  ABORT: 'EndTxnMarker',
  COMMIT: 'EndTxnMarker',
  LEADER_CHANGE: 'LeaderChangeMessage',
  SNAPSHOT_HEADER: 'SnapshotHeaderRecord',
  SNAPSHOT_FOOTER: 'SnapshotFooterRecord',
  KRAFT_VERSION: 'KRaftVersionRecord',
  KRAFT_VOTERS: 'VotersRecord',
} as const

function decodeCoordinatorRecord(
  decoder: Exclude<RecordDecoder, 'metadata'>,
  record: LogRecord,
): DecodedRecord {
  if (record.key === null) {
    throw new KafkaError('INVALID_RECORD', 'a record of a coordinator has no key')
  }
  const { type, reader } = decodeCoordinatorKey(record.key)
  const kind = coordinatorKinds[decoder].get(type)
  if (kind === undefined) {
    throw new KafkaError('UNSUPPORTED_VERSION', `a record of type ${type}, which is unknown`)
  }
  const key = codecNamed(`${kind}Key`).read(reader, 0)
  if (record.value === null) return { kind, version: null, key, value: null }
  const version = record.value.length < 2 ? 0 : record.value.readInt16BE(0)
  const value = decodeCoordinatorValue(codecNamed(`${kind}Value`), record.value)
  const shown = kind === 'GroupMetadata' ? withMembersMeaning(value as GroupMetadataValue) : value
  return { kind, version, key, value: shown }
}

/** What consumers have their members' subscription and assignment mean; other protocols' stay bytes. */
function withMembersMeaning(group: GroupMetadataValue): object {
  if (group.protocolType !== 'consumer') return group
  const members = group.members.map((member) => ({
    ...member,
    subscription: consumerProtocol('ConsumerProtocolSubscription', member.subscription),
    assignment: consumerProtocol('ConsumerProtocolAssignment', member.assignment),
  }))
  return { ...group, members }
}

function consumerProtocol(name: string, bytes: Buffer): unknown {
  try {
    return decodeCoordinatorValue(codecNamed(name), bytes)
  } catch (error) {
    if (error instanceof KafkaError) return bytes
    throw error
  }
}

/** The kinds of records of each coordinator, by the type in their keys. */
const coordinatorKinds: Readonly<Record<Exclude<RecordDecoder, 'metadata'>, Map<number, string>>> =
  { offsets: new Map(), transactions: new Map(), 'share-state': new Map() }

for (const { name, apiKey } of allCodecs) {
  if (!name.endsWith('Key') || apiKey < 0) continue
  const kind = name.slice(0, -'Key'.length)
  const decoder =
    kind === 'TransactionLog'
      ? 'transactions'
      : kind === 'ShareSnapshot' || kind === 'ShareUpdate'
        ? 'share-state'
        : 'offsets'
  coordinatorKinds[decoder].set(apiKey, kind)
}

function codecNamed(name: string): MessageCodec<object> {
  const codec = allCodecs.find((candidate) => candidate.name === name)
  if (codec === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `there is no schema ${name}`)
  return codec
}
