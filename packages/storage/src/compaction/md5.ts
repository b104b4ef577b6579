/**
 * MD5 of keys, without an object a key: what Kafka's cleaner tells keys apart by. A call of node:crypto
 * costs ten times as much as the 64 rounds of a short key, mostly for the call.
 *
 * It need not withstand an attacker: who can write colliding keys into a topic can write tombstones.
 */
export class Md5 {
  /** The digest of the last `digest`, as four little-endian words. */
  readonly words: Int32Array = new Int32Array(4)
  readonly #block = new Int32Array(16)

  /** Fills `words` with the digest of `bytes[start, end)`. */
  digest(bytes: Buffer, start: number, end: number): void {
    const { words } = this
    words[0] = 0x67452301
    words[1] = 0xefcdab89 | 0
    words[2] = 0x98badcfe | 0
    words[3] = 0x10325476
    let at = start
    for (; at + 64 <= end; at += 64) {
      this.#fill(bytes, at, 64)
      this.#mix()
    }
    this.#finish(bytes, at, end - at, end - start)
  }

  /** The bytes after the last whole block, a one bit, zeros, and the length in bits. */
  #finish(bytes: Buffer, at: number, rest: number, sizeBytes: number): void {
    const block = this.#block
    block.fill(0)
    this.#fill(bytes, at, rest)
    block[rest >> 2]! |= 0x80 << ((rest & 3) << 3)
    if (rest >= 56) {
      this.#mix()
      block.fill(0)
    }
    block[14] = sizeBytes << 3
    block[15] = Math.floor(sizeBytes / 0x2000_0000)
    this.#mix()
  }

  #fill(bytes: Buffer, start: number, count: number): void {
    const block = this.#block
    let at = start
    const whole = count >> 2
    for (let word = 0; word < whole; word++, at += 4) {
      block[word] =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    }
    if ((count & 3) === 0) return
    let last = 0
    for (let byte = 0; byte < (count & 3); byte++) last |= bytes[at + byte]! << (byte << 3)
    block[whole] = last
  }

  #mix(): void {
    const { words } = this
    const block = this.#block
    let a = words[0]!
    let b = words[1]!
    let c = words[2]!
    let d = words[3]!
    for (let step = 0; step < 64; step++) {
      let mixed: number
      let word: number
      if (step < 16) {
        mixed = (b & c) | (~b & d)
        word = step
      } else if (step < 32) {
        mixed = (d & b) | (~d & c)
        word = (5 * step + 1) & 15
      } else if (step < 48) {
        mixed = b ^ c ^ d
        word = (3 * step + 5) & 15
      } else {
        mixed = c ^ (b | ~d)
        word = (7 * step) & 15
      }
      const sum = (a + mixed + SINES[step]! + block[word]!) | 0
      const shift = SHIFTS[step]!
      a = d
      d = c
      c = b
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    words[0] = (words[0]! + a) | 0
    words[1] = (words[1]! + b) | 0
    words[2] = (words[2]! + c) | 0
    words[3] = (words[3]! + d) | 0
  }
}

const SINES = Int32Array.from({ length: 64 }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 0x1_0000_0000),
)

const SHIFTS = Int32Array.from(
  { length: 64 },
  (_, step) =>
    [
      [7, 12, 17, 22],
      [5, 9, 14, 20],
      [4, 11, 16, 23],
      [6, 10, 15, 21],
    ][step >> 4]![step & 3]!,
)
