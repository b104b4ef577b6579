/**
 * How long a new member's JoinGroup may stay parked. It has no member id yet, so it cannot send
 * heartbeats; a client that gave up would otherwise stay in the rebalance for ever.
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

/**
 * Member ids of one group that were handed out but have not joined yet (KIP-394). Kafka has no such
 * limit; without one a client that never comes back for its ids could fill the memory.
 */
export const PENDING_MEMBERS_MAX = 10_000

/** Tombstones that go into one append when offsets expire or are deleted with their topic. */
export const TOMBSTONES_PER_APPEND_MAX = 1_000

/** Bytes of their keys, likewise; far below the smallest sensible `max.message.bytes`. */
export const TOMBSTONE_BYTES_PER_APPEND_MAX = 262_144

/** Groups that are looked through in one event-loop turn when offsets expire. */
export const EXPIRY_GROUPS_PER_TURN_MAX = 1_000
