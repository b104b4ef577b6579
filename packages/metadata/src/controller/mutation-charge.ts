/**
 * Charges a client for partitions that are created or deleted, topic by topic (KIP-599).
 *
 * @throws {KafkaError} THROTTLING_QUOTA_EXCEEDED: this topic is not changed, for the client has used too much.
 */
export type MutationCharge = (partitions: number) => void

/** For whoever has no quota. */
export const noCharge: MutationCharge = () => {}
