/** Topics that hold the coordinators' own logs. Clients may read them; only the broker writes them. */
export const OFFSETS_TOPIC = '__consumer_offsets'
export const TRANSACTION_STATE_TOPIC = '__transaction_state'
export const SHARE_STATE_TOPIC = '__share_group_state'

/** The metadata log; no topic that clients may read. */
export const METADATA_TOPIC = '__cluster_metadata'

const internalTopics = new Set([OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC, SHARE_STATE_TOPIC])

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}
