import { KafkaError, Reader } from '@ottla/protocol'
import { ConsumerProtocolSubscription } from '@ottla/protocol/messages/consumer-protocol-subscription'
import { assert } from '@ottla/runtime'
import type { ClassicGroup, ClassicMember, MemberProtocol } from './classic-group.ts'

/** The protocol type of consumers; the only one whose metadata a coordinator looks into. */
const consumerProtocolType = 'consumer'

/**
 * Whether a member with these strategies may be in the group: it must have one in common with all
 * who are there, and the group's protocol type.
 */
export function supportsProtocols(
  group: ClassicGroup,
  protocolType: string,
  protocols: readonly MemberProtocol[],
): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0
  if (group.protocolType !== protocolType) return false
  const everybody = group.members.size
  return protocols.some(({ name }) => (group.protocolCounts.get(name) ?? 0) === everybody)
}

/**
 * Each member votes for the strategy that it prefers among those that all support; the most votes
 * win, and of equals the one that the member who is here longest voted for.
 */
export function selectProtocol(group: ClassicGroup): string {
  assert(group.members.size > 0, 'an empty group has no strategy to select')
  const votes = new Map<string, number>()
  for (const member of group.members.values()) {
    const choice = member.protocols.find(
      ({ name }) => group.protocolCounts.get(name) === group.members.size,
    )
    assert(choice !== undefined, 'the members of a group always have a strategy in common')
    votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let selected = ''
  let most = 0
  for (const [name, count] of votes) {
    if (count <= most) continue
    selected = name
    most = count
  }
  return selected
}

/** Counts a member's strategies in (`by` 1) or out (-1). */
export function countProtocols(group: ClassicGroup, member: ClassicMember, by: 1 | -1): void {
  for (const { name } of member.protocols) {
    const count = (group.protocolCounts.get(name) ?? 0) + by
    if (count === 0) group.protocolCounts.delete(name)
    else group.protocolCounts.set(name, count)
  }
}

/** What the member tells the leader for one of its strategies. */
export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer {
  const protocol = member.protocols.find(({ name }) => name === protocolName)
  assert(protocol !== undefined, "a member supports its group's strategy")
  return protocol.metadata
}

/** Whether the member comes with the same strategies, in the same order and saying the same. */
export function hasSameProtocols(
  member: ClassicMember,
  protocols: readonly MemberProtocol[],
): boolean {
  if (member.protocols.length !== protocols.length) return false
  return protocols.every(({ name, metadata }, index) => {
    const known = member.protocols[index]!
    return known.name === name && known.metadata.equals(metadata)
  })
}

/** The strategies of a request, copied out of its frame; of two with one name the first counts. */
export function copyProtocols(
  protocols: readonly { readonly name: string; readonly metadata: Buffer }[],
): MemberProtocol[] {
  const byName = new Map<string, MemberProtocol>()
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: Buffer.from(metadata) })
  }
  return [...byName.values()]
}

export function usesConsumerProtocol(group: ClassicGroup): boolean {
  return group.protocolType === consumerProtocolType
}

/** A group whose topics nobody knows counts as subscribed to all, if it is one of consumers. */
export function isSubscribedTo(group: ClassicGroup, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? usesConsumerProtocol(group)
}

/**
 * The topics that the members of a group of consumers subscribed to; null when it is another kind of
 * group, has no strategy yet, or says it in a way that we cannot read.
 */
export function subscribedTopicsOf(group: ClassicGroup): ReadonlySet<string> | null {
  if (!usesConsumerProtocol(group)) return null
  const topics = new Set<string>()
  if (group.members.size === 0) return topics
  if (group.protocolName === null) return null
  try {
    for (const member of group.members.values()) {
      const reader = new Reader(metadataOf(member, group.protocolName))
      // All versions begin like version 0, and the topics are there: newer clients are understood.
      if (reader.int16() < 0) return null
      for (const topic of ConsumerProtocolSubscription.read(reader, 0).topics) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
  return topics
}
