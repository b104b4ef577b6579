import { crc32 } from 'node:zlib'
import { crc32c } from '../src/crc32c.ts'
import { SeededChance } from './random.ts'

/** Numbers that break what trusts them. */
const EDGES_INT32 = [-1, 0, 1, -2, 0x7fff_ffff, -0x8000_0000, 0x0100_0000, 61, 49, 14, 0x7fff_fff0]
const EDGES_BYTE = [0, 1, 2, 0x7f, 0x80, 0xff, 0x3f, 0x40]

/**
 * One of the golden inputs with a few changes; the length and CRC made to fit again most of the time, so
 * that what lies behind those checks is reached too. The same seed gives the same bytes.
 */
export function mutate(golden: readonly Buffer[], seed: number): Buffer {
  const chance = new SeededChance(seed)
  let bytes: Buffer = Buffer.from(pick(golden, chance))
  const changes = 1 + chance.below(4)
  for (let index = 0; index < changes; index++) bytes = change(bytes, golden, chance)
  if (chance.below(4) > 0) repairLength(bytes)
  if (chance.below(8) > 0) repairCrc(bytes)
  return bytes
}

function change(bytes: Buffer, golden: readonly Buffer[], chance: SeededChance): Buffer {
  const at = chance.below(bytes.length + 1)
  switch (chance.below(8)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << chance.below(8))
      return bytes
    case 2:
      if (at < bytes.length) bytes[at] = pick(EDGES_BYTE, chance)
      return bytes
    case 3:
      if (at + 4 <= bytes.length) {
        bytes.writeInt32BE(pick(EDGES_INT32, chance), at)
      }
      return bytes
    case 4: {
      const other = pick(golden, chance)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(chance.below(other.length + 1))])
    }
    case 5: {
      const end = at + chance.below(bytes.length - at + 1)
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    }
    case 6:
      // Attributes: another codec, control, append time.
      if (bytes.length > 22) bytes[22] = chance.below(256)
      return bytes
    default:
      // Record count and last offset delta that agree with each other.
      if (bytes.length > 61) {
        const count = chance.below(20)
        bytes.writeInt32BE(count, 57)
        bytes.writeInt32BE(count - 1, 23)
      }
      return bytes
  }
}

function pick<T>(list: readonly T[], chance: SeededChance): T {
  return list.at(chance.below(list.length))!
}

function repairLength(bytes: Buffer): void {
  if (bytes.length >= 12) bytes.writeInt32BE(bytes.length - 12, 8)
}

function repairCrc(bytes: Buffer): void {
  if (bytes.length > 21 && bytes[16] === 2) bytes.writeUInt32BE(crc32c(bytes, 21), 17)
  if (bytes.length > 17 && bytes[16]! < 2) bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12)
}
