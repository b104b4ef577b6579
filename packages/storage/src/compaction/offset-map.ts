import { assert } from '@ottla/runtime'
import { Md5 } from './md5.ts'

/** MD5 of the key, and the offset in two words. */
const WORDS_PER_SLOT = 6
export const SLOT_BYTES: number = WORDS_PER_SLOT * 4

const TWO_POW_32 = 0x1_0000_0000

/**
 * The last offset of each key of a log's dirty part, in one flat piece of memory of a fixed size.
 *
 *     0  the key's MD5   4 words
 *    16  offset + 1      2 words, low and high; both 0: the slot is free
 *
 * A key is known by its hash alone. Slots are looked for by double hashing: at 90 % full, ten steps tell
 * that a key is not there.
 */
export class OffsetMap {
  readonly #slots: number
  readonly #words: Int32Array
  readonly #md5 = new Md5()
  #size = 0
  /** The last offset that the map covers: what is after it is not known to it. -1: none. */
  latestOffset = -1

  /** As many slots as fit in `sizeBytes`, or nearly. */
  constructor(sizeBytes: number) {
    // A prime: then every step leads through all slots.
    this.#slots = largestPrimeUpTo(Math.max(2, Math.floor(sizeBytes / SLOT_BYTES)))
    this.#words = new Int32Array(this.#slots * WORDS_PER_SLOT)
  }

  get slots(): number {
    return this.#slots
  }

  get size(): number {
    return this.#size
  }

  /** How full it is, 0 to 1. */
  get utilization(): number {
    return this.#size / this.#slots
  }

  /** Notes that the key `bytes[start, end)` is at `offset`, in place of what was known of it. */
  put(bytes: Buffer, start: number, end: number, offset: number): void {
    assert(this.#size < this.#slots, 'a full offset map takes no more')
    const at = this.#find(bytes, start, end)
    const words = this.#words
    if (words[at + 4] === 0 && words[at + 5] === 0) {
      words.set(this.#md5.words, at)
      this.#size++
    }
    words[at + 4] = offset + 1
    words[at + 5] = Math.floor((offset + 1) / TWO_POW_32)
    this.latestOffset = offset
  }

  /** The last offset of the key `bytes[start, end)`; -1: it is not known. */
  get(bytes: Buffer, start: number, end: number): number {
    if (this.#size === 0) return -1
    const at = this.#find(bytes, start, end)
    return this.#words[at + 5]! * TWO_POW_32 + (this.#words[at + 4]! >>> 0) - 1
  }

  /** The slot of the key, or the free one where it would be. There always is a free one. */
  #find(bytes: Buffer, start: number, end: number): number {
    this.#md5.digest(bytes, start, end)
    const hash = this.#md5.words
    const words = this.#words
    const slots = this.#slots
    let slot = (hash[0]! >>> 0) % slots
    const step = 1 + ((hash[1]! >>> 0) % (slots - 1))
    for (let left = slots; left > 0; left--) {
      const at = slot * WORDS_PER_SLOT
      const isFree = words[at + 4] === 0 && words[at + 5] === 0
      if (isFree || isSame(words, at, hash)) return at
      slot += step
      if (slot >= slots) slot -= slots
    }
    assert(false, 'an offset map is never quite full')
  }
}

function isSame(words: Int32Array, at: number, hash: Int32Array): boolean {
  return (
    words[at] === hash[0] &&
    words[at + 1] === hash[1] &&
    words[at + 2] === hash[2] &&
    words[at + 3] === hash[3]
  )
}

function largestPrimeUpTo(limit: number): number {
  let candidate = limit
  while (!isPrime(candidate)) candidate--
  return candidate
}

function isPrime(number: number): boolean {
  if (number < 4) return number >= 2
  if (number % 2 === 0) return false
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor === 0) return false
  }
  return true
}
