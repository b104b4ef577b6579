/**
 * An immutable map of strings whose changed copy costs little, however large it is: entries are
 * spread over small shards, and a copy shares every shard that did not change.
 *
 * Changes go through a ShardedMapDraft; what a draft has copied for itself it changes in place, so
 * many changes in one draft copy each touched shard once.
 */
export class ShardedMap<V> implements Iterable<readonly [string, V]> {
  /** A power of two of them; an entry's is chosen by its key's hash. */
  readonly shards: readonly ReadonlyMap<string, V>[]
  readonly size: number

  constructor(shards: readonly ReadonlyMap<string, V>[] = [new Map()], size = 0) {
    this.shards = shards
    this.size = size
  }

  get(key: string): V | undefined {
    return this.shards[shardOf(key, this.shards.length)]!.get(key)
  }

  has(key: string): boolean {
    return this.shards[shardOf(key, this.shards.length)]!.has(key)
  }

  /** In no order that means anything. */
  *[Symbol.iterator](): Iterator<readonly [string, V]> {
    for (const shard of this.shards) yield* shard
  }

  *values(): IterableIterator<V> {
    for (const shard of this.shards) yield* shard.values()
  }

  *keys(): IterableIterator<string> {
    for (const shard of this.shards) yield* shard.keys()
  }
}

/** A changed copy in the making. */
export class ShardedMapDraft<V> {
  #shards: Map<string, V>[]
  #size: number
  /** Which shards are this draft's own. */
  #owned: boolean[]

  constructor(base: ShardedMap<V>) {
    this.#shards = base.shards.slice() as Map<string, V>[]
    this.#size = base.size
    this.#owned = []
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key, this.#shards.length)]!.get(key)
  }

  set(key: string, value: V): void {
    const shard = this.#own(key)
    const before = shard.size
    shard.set(key, value)
    this.#size += shard.size - before
    if (this.#size > this.#shards.length * SHARD_ENTRIES) this.#spread()
  }

  delete(key: string): void {
    if (this.#own(key).delete(key)) this.#size--
  }

  /** Ends the draft: its shards are the map's from here on. */
  finish(): ShardedMap<V> {
    this.#owned = []
    return new ShardedMap(this.#shards, this.#size)
  }

  #own(key: string): Map<string, V> {
    const index = shardOf(key, this.#shards.length)
    if (!this.#owned[index]) {
      this.#shards[index] = new Map(this.#shards[index])
      this.#owned[index] = true
    }
    return this.#shards[index]!
  }

  /** Four times as many shards: rare enough that moving every entry costs next to nothing each. */
  #spread(): void {
    const shards = Array.from({ length: this.#shards.length * 4 }, () => new Map<string, V>())
    for (const shard of this.#shards)
      for (const [key, value] of shard) shards[shardOf(key, shards.length)]!.set(key, value)
    this.#shards = shards
    this.#owned = shards.map(() => true)
  }
}

/** Entries a shard holds on average before there are more shards. */
const SHARD_ENTRIES = 16

/** FNV-1a, folded, over the key's UTF-16 code units. */
function shardOf(key: string, count: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) & (count - 1)
}
