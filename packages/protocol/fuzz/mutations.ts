import type { Random } from '@ottla/runtime'

/** Bytes that are lengths, counts and limits where they are read as such. */
const telling = [
  'ff',
  '00',
  '01',
  '7f',
  '80',
  'ffff',
  '7fff',
  '8000',
  'ffffffff',
  '7fffffff',
  '80000000',
  '00ffffff',
  'ffffffff0f',
  'ffffffff7f',
  '8080808000',
  'ffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'))

/** Damages a golden message in one to eight places; now and then gives bytes of pure chance. */
export function mutate(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  if (random.int(50) === 0) return random.bytes(random.int(200))
  let mutated: Buffer = Buffer.from(bytes)
  for (let left = 1 + random.int(8); left > 0; left--) {
    mutated = mutateOnce(mutated, others, random)
  }
  return mutated
}

function mutateOnce(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const at = random.int(bytes.length + 1)
  switch (random.int(7)) {
    case 0: // One bit flips.
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random.int(8))
      return bytes
    case 1: // One byte is any other.
      if (at < bytes.length) bytes[at] = random.int(256)
      return bytes
    case 2: {
      // A length or count becomes a telling one.
      telling[random.int(telling.length)]!.copy(bytes, at)
      return bytes
    }
    case 3: // The end is missing.
      return Buffer.from(bytes.subarray(0, at))
    case 4: {
      // A piece is missing.
      const end = Math.min(bytes.length, at + 1 + random.int(16))
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
    }
    case 5: // Bytes come in between.
      return Buffer.concat([
        bytes.subarray(0, at),
        random.bytes(1 + random.int(16)),
        bytes.subarray(at),
      ])
    default: {
      // The rest is another message's.
      const other = others[random.int(others.length)]!
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.int(other.length + 1))])
    }
  }
}
