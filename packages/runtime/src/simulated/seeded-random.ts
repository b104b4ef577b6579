import { assert } from '../assert.ts'
import type { Random } from '../random.ts'
import { uuidText } from '../uuid-text.ts'

const BELOW_MAX = 2 ** 48

/** Chance that repeats: xoshiro128**, its state spread from the seed by splitmix32. */
export class SeededRandom implements Random {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #d: number

  /** @param seed Any whole number; only its low 53 bits count. */
  constructor(seed: number) {
    this.#seed = seed
    const next = splitmix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1))
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next()
  }

  /**
   * A generator of its own for one purpose. It depends on the seed and the label, not on what was
   * drawn before, so that a draw more in one place changes nothing in another.
   */
  fork(label: string): SeededRandom {
    let hash = 0x811c9dc5
    for (let at = 0; at < label.length; at += 1) {
      hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193)
    }
    return new SeededRandom((hash >>> 0) * 2 ** 21 + ((this.#seed * 0x9e3779b1) >>> 11))
  }

  int(below: number): number {
    assert(Number.isInteger(below) && below >= 1 && below <= BELOW_MAX, 'below is 1 to 2^48')
    return Math.floor(this.float() * below)
  }

  float(): number {
    return ((this.#next() >>> 5) * 2 ** 26 + (this.#next() >>> 6)) / 2 ** 53
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let at = 0; at < length; at += 1) bytes[at] = this.#next() >>> 24
    return bytes
  }

  uuid(): string {
    for (;;) {
      const text = uuidText(this.bytes(16))
      if (text !== null) return text
    }
  }

  #next(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9)
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function splitmix32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}
