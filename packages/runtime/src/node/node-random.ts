import { randomBytes, randomInt } from 'node:crypto'
import { assert } from '../assert.ts'
import type { Random } from '../random.ts'
import { uuidText } from '../uuid-text.ts'

const BELOW_MAX = 2 ** 48

/** The operating system's chance; only `float` is not fit for secrets. */
export class NodeRandom implements Random {
  int(below: number): number {
    assert(Number.isInteger(below) && below >= 1 && below <= BELOW_MAX, 'below is 1 to 2^48')
    // randomInt takes ranges below 2^48 only.
    return below === BELOW_MAX ? randomBytes(6).readUIntBE(0, 6) : randomInt(below)
  }

  float(): number {
    return Math.random()
  }

  bytes(length: number): Buffer {
    return randomBytes(length)
  }

  uuid(): string {
    for (;;) {
      const text = uuidText(randomBytes(16))
      if (text !== null) return text
    }
  }
}
