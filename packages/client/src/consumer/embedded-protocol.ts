import { Reader, Writer } from '@ottla/protocol'
import { ConsumerProtocolAssignment } from '@ottla/protocol/messages/consumer-protocol-assignment'
import { ConsumerProtocolSubscription } from '@ottla/protocol/messages/consumer-protocol-subscription'
import type { TopicPartition } from './consumer-record.ts'

/** Consumers' messages to each other inside JoinGroup and SyncGroup: an int16 version, then the body. */

export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new Writer()
  writer.int16(0)
  ConsumerProtocolSubscription.write(writer, { topics: [...topics].sort() }, 0)
  return Buffer.concat(writer.finish())
}

export function decodeSubscription(metadata: Buffer): readonly string[] {
  const reader = new Reader(metadata)
  const version = Math.min(reader.int16(), ConsumerProtocolSubscription.highestVersion)
  return ConsumerProtocolSubscription.read(reader, version).topics
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  }
  const writer = new Writer()
  writer.int16(0)
  const assignedPartitions = [...byTopic].map(([topic, numbers]) => ({
    topic,
    partitions: numbers,
  }))
  ConsumerProtocolAssignment.write(writer, { assignedPartitions, userData: null }, 0)
  return Buffer.concat(writer.finish())
}

/** Empty bytes are no partitions: what a member gets that the leader did not know. */
export function decodeAssignment(assignment: Buffer): readonly TopicPartition[] {
  if (assignment.length === 0) return []
  const reader = new Reader(assignment)
  const version = Math.min(reader.int16(), ConsumerProtocolAssignment.highestVersion)
  const { assignedPartitions } = ConsumerProtocolAssignment.read(reader, version)
  return assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
