import { crc32 } from 'node:zlib'
import { KafkaError } from '@ottla/protocol'
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  BYTES_UP_TO_MAGIC,
  MAGIC_V0,
  MAGIC_V2,
  computeCrc,
  crc,
  knownMagic,
} from './batch-header.ts'

/** The least that `length` can say: a message of format 0 without key and value. */
export const SMALLEST_LENGTH_V0 = 14
const SMALLEST_LENGTH_V1 = 22

/**
 * Size of the batch at `at`, in any format, or 0 when `buffer[at, end)` does not hold it whole: a torn
 * or cut-off end is normal, both at the end of a file and in a fetch answer.
 *
 * @param maxBytes a length above it is corruption rather than a batch still to come
 * @throws KafkaError CORRUPT_MESSAGE for a length or magic that no batch can have
 */
export function wholeBatchSize(
  buffer: Buffer,
  at: number,
  end: number,
  maxBytes: number = 0x7fff_ffff,
): number {
  if (end - at < BATCH_PREFIX_BYTES) return 0
  const length = buffer.readInt32BE(at + 8)
  if (length < SMALLEST_LENGTH_V0) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} says its length is ${length}; the least is ${SMALLEST_LENGTH_V0}`,
    )
  }
  const size = BATCH_PREFIX_BYTES + length
  if (size > maxBytes) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} says its size is ${size} bytes; the most is ${maxBytes}`,
    )
  }
  if (end - at < BYTES_UP_TO_MAGIC) return 0
  knownMagic(buffer, at)
  return size <= end - at ? size : 0
}

/**
 * Checks one whole batch of any format in `buffer[at, end)`: length, magic, size of the header, CRC. Not
 * its records: those are `checkRecords`.
 *
 * @returns the batch's size in bytes
 * @throws KafkaError CORRUPT_MESSAGE that says what is wrong
 */
export function checkBatch(buffer: Buffer, at: number, end: number): number {
  const size = wholeBatchSize(buffer, at, end)
  if (size === 0) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} is cut off: only ${end - at} bytes of it are there`,
    )
  }
  const format = knownMagic(buffer, at)
  const smallest = smallestSize(format)
  if (size < smallest) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} has ${size} bytes; its header alone has ${smallest}`,
    )
  }
  const stored = crc(buffer, at)
  const computed =
    format === MAGIC_V2 ? computeCrc(buffer, at) : crc32(buffer.subarray(at + 16, at + size))
  if (stored !== computed) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} is corrupt: stored crc ${stored}, computed crc ${computed}`,
    )
  }
  return size
}

function smallestSize(format: 0 | 1 | 2): number {
  if (format === MAGIC_V2) return BATCH_HEADER_BYTES
  return BATCH_PREFIX_BYTES + (format === MAGIC_V0 ? SMALLEST_LENGTH_V0 : SMALLEST_LENGTH_V1)
}
