/**
 * Kafka's choice of a partition by a record's key: murmur2 of its bytes, the sign bit cleared.
 * Every client does the same, or records of one key would end in different partitions.
 */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

/** The partition of an internal topic whose leader coordinates a group or transactional id. */
export function coordinatorPartition(id: string, partitionCount: number): number {
  const hash = javaHash(id)
  // Java's abs(-2^31) is negative, so the brokers take 0 for it.
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitionCount
}

/** MurmurHash 2, 32 bits, with Kafka's seed; signed, as in Java. */
export function murmur2(data: Uint8Array): number {
  const multiplier = 0x5bd1e995
  const length = data.length
  let hash = 0x9747b28c ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const rest = length - at
  if (rest >= 3) hash ^= data[at + 2]! << 16
  if (rest >= 2) hash ^= data[at + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ data[at]!, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** Java's String.hashCode: over UTF-16 units, as JavaScript's own. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
