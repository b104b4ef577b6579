import { native } from '../native.ts'
import {
  compressBlock,
  compressBlockHard,
  compressedBlockBound,
  decompressBlock,
} from './lz4-block.ts'
import { overLimit, undecodable } from './output-limit.ts'
import { xxhash32 } from './xxhash32.ts'

/**
 * LZ4 frames, as Kafka has them: independent blocks, one frame.
 *
 *   magic uint32 184d2204 · FLG · BD · content size uint64 if FLG says so · header checksum, one byte ·
 *   blocks: uint32 size, its high bit set when stored as it is; data; uint32 checksum if FLG says so ·
 *   uint32 0 · content checksum if FLG says so.   All little endian.
 *
 *   FLG: bits 6–7 version 1, 5 independent blocks, 4 block checksums, 3 content size, 2 content checksum,
 *        0 dictionary id.  BD: bits 4–6 the largest block: 4 64 KB, 5 256 KB, 6 1 MB, 7 4 MB.
 *
 * Compressing is the addon's, where there is one. Decompressing is not: it knows no output limit, and it takes
 * twice the time of the code here on a batch of 55 KB (`bench/records.ts`), for the copies at its boundary.
 */
interface Lz4Addon {
  compressFrameSync(data: Buffer): Buffer
}

export interface Lz4DecompressOptions {
  /** Clients that wrote format 0 got the header checksum wrong (it covered the magic too): accept any. */
  readonly ignoreHeaderChecksum?: boolean
}

interface FrameHeader {
  /** Position of the first block. */
  readonly blocksAt: number
  readonly blockBytesMax: number
  readonly hasBlockChecksums: boolean
}

const FRAME_MAGIC = 0x184d2204
const FLAG_VERSION_1 = 0x40
const FLAG_INDEPENDENT = 0x20
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_RESERVED = 0x03
const BLOCK_STORED = 0x8000_0000
const WRITTEN_BLOCK_BYTES = 64 * 1024

/** No LZ4 sequence makes more than 255 bytes of one. */
const EXPANSION_MAX = 255

/** The level that means "fast" rather than "hard", in Kafka as here. */
export const LZ4_DEFAULT_LEVEL = 9

/** Where more would cost seconds for a batch made to be slow, and win little. */
const ATTEMPTS_MAX = 256

/** @param level 1–17; any but 9 looks at 2^(level - 1) earlier places for each match, up to 256 */
export function lz4Compress(data: Buffer, level: number = LZ4_DEFAULT_LEVEL): Buffer {
  if (level !== LZ4_DEFAULT_LEVEL)
    return lz4CompressInTypeScript(data, Math.min(2 ** (level - 1), ATTEMPTS_MAX))
  const addon = native<Lz4Addon>('lz4-napi')
  return addon === undefined ? lz4CompressInTypeScript(data) : addon.compressFrameSync(data)
}

/**
 * Reads the first frame in `data`; its content checksum is not looked at, and nothing behind it, as in Kafka:
 * the batch has a CRC of its own.
 */
export function lz4Decompress(
  data: Buffer,
  maxBytes: number,
  { ignoreHeaderChecksum = false }: Lz4DecompressOptions = {},
): Buffer {
  const { blocksAt, blockBytesMax, hasBlockChecksums } = readHeader(data, ignoreHeaderChecksum)
  let output: Buffer = Buffer.allocUnsafe(Math.min(4 * data.length, maxBytes))
  let at = blocksAt
  let to = 0
  for (;;) {
    if (data.length - at < 4) throw undecodable('lz4', 'the frame has no end mark')
    const header = data.readUInt32LE(at)
    at += 4
    if (header === 0) return output.subarray(0, to)
    const size = header & 0x7fff_ffff
    const end = at + size
    const nextAt = hasBlockChecksums ? end + 4 : end
    if (size > blockBytesMax || nextAt > data.length) {
      throw undecodable('lz4', `the block of ${size} bytes at byte ${at} is too long or cut off`)
    }
    if (hasBlockChecksums && data.readUInt32LE(end) !== xxhash32(data, at, end)) {
      throw undecodable('lz4', `the block at byte ${at} does not match its checksum`)
    }
    const isStored = header >= BLOCK_STORED
    const contentMax = isStored ? size : Math.min(blockBytesMax, size * EXPANSION_MAX)
    output = withRoomFor(output, to, contentMax)
    to = isStored
      ? to + data.copy(output, to, at, end)
      : decompressBlock(data, at, end, output, to, to + contentMax)
    if (to > maxBytes) throw overLimit('lz4', maxBytes)
    at = nextAt
  }
}

/** @param attempts how many places to look at for each match; 0 for the fast way */
export function lz4CompressInTypeScript(data: Buffer, attempts: number = 0): Buffer {
  const blockCount = Math.ceil(data.length / WRITTEN_BLOCK_BYTES)
  const output = Buffer.allocUnsafe(
    11 + blockCount * 4 + compressedBlockBound(data.length) + blockCount * 16,
  )
  output.writeUInt32LE(FRAME_MAGIC, 0)
  output[4] = FLAG_VERSION_1 | FLAG_INDEPENDENT
  output[5] = 4 << 4
  output[6] = (xxhash32(output, 4, 6) >>> 8) & 0xff
  let to = 7
  for (let at = 0; at < data.length; at += WRITTEN_BLOCK_BYTES) {
    const end = Math.min(at + WRITTEN_BLOCK_BYTES, data.length)
    const written =
      (attempts === 0
        ? compressBlock(data, at, end, output, to + 4)
        : compressBlockHard(data, at, end, output, to + 4, attempts)) -
      to -
      4
    if (written < end - at) {
      output.writeUInt32LE(written, to)
      to += 4 + written
    } else {
      output.writeUInt32LE((BLOCK_STORED | (end - at)) >>> 0, to)
      data.copy(output, to + 4, at, end)
      to += 4 + end - at
    }
  }
  output.writeUInt32LE(0, to)
  return output.subarray(0, to + 4)
}

function readHeader(data: Buffer, ignoreHeaderChecksum: boolean): FrameHeader {
  if (data.length < 7) throw undecodable('lz4', 'the frame is cut off in its header')
  if (data.readUInt32LE(0) !== FRAME_MAGIC) throw undecodable('lz4', 'it does not start as a frame')
  const flags = data[4]!
  const isSupported =
    (flags & 0xc0) === FLAG_VERSION_1 &&
    (flags & FLAG_RESERVED) === 0 &&
    (flags & FLAG_INDEPENDENT) !== 0
  if (!isSupported) {
    throw undecodable(
      'lz4',
      `frame flags 0x${flags.toString(16)} are not version 1 with independent blocks, without dictionary`,
    )
  }
  const blockSizeId = (data[5]! >>> 4) & 7
  if (blockSizeId < 4 || (data[5]! & 0x8f) !== 0) {
    throw undecodable('lz4', `frame has block descriptor 0x${data[5]!.toString(16)}`)
  }
  const checksumAt = (flags & FLAG_CONTENT_SIZE) === 0 ? 6 : 14
  if (data.length <= checksumAt) throw undecodable('lz4', 'the frame is cut off in its header')
  const checksum = (xxhash32(data, 4, checksumAt) >>> 8) & 0xff
  if (!ignoreHeaderChecksum && data[checksumAt] !== checksum) {
    throw undecodable('lz4', 'the frame header does not match its checksum')
  }
  return {
    blocksAt: checksumAt + 1,
    blockBytesMax: 1 << (2 * blockSizeId + 8),
    hasBlockChecksums: (flags & FLAG_BLOCK_CHECKSUM) !== 0,
  }
}

function withRoomFor(output: Buffer, used: number, more: number): Buffer {
  if (output.length - used >= more) return output
  const larger = Buffer.allocUnsafe(Math.max(used + more, 2 * output.length))
  output.copy(larger, 0, 0, used)
  return larger
}
