import { native } from '../native.ts'
import { compressBlock, compressedBlockBound, decompressBlock } from './lz4-block.ts'
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
 * The addon has no output limit, so the block headers are walked first: their sizes bound what can come out.
 */
interface Lz4Addon {
  compressFrameSync(data: Buffer): Buffer
  decompressFrameSync(data: Buffer): Buffer
}

export interface Lz4DecompressOptions {
  /** Clients that wrote format 0 got the header checksum wrong (it covered the magic too): accept any. */
  readonly ignoreHeaderChecksum?: boolean
}

interface Frame {
  /** Position of the first block header. */
  readonly blocksAt: number
  readonly blockBytesMax: number
  readonly hasBlockChecksums: boolean
  /** Position after the frame's last byte. */
  readonly end: number
  /** Upper bound of the decompressed size, from the block headers. */
  readonly outputBytesMax: number
}

const FRAME_MAGIC = 0x184d2204
const FLAG_VERSION_1 = 0x40
const FLAG_INDEPENDENT = 0x20
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_RESERVED = 0x03
const BLOCK_STORED = 0x8000_0000
const WRITTEN_BLOCK_BYTES = 64 * 1024

/** No LZ4 sequence makes more than 255 bytes of one. */
const EXPANSION_MAX = 255

export function lz4Compress(data: Buffer): Buffer {
  const addon = native<Lz4Addon>('lz4-napi')
  return addon === undefined ? lz4CompressInTypeScript(data) : addon.compressFrameSync(data)
}

export function lz4Decompress(
  data: Buffer,
  maxBytes: number,
  { ignoreHeaderChecksum = false }: Lz4DecompressOptions = {},
): Buffer {
  const frame = readFrame(data, ignoreHeaderChecksum)
  const addon =
    frame.outputBytesMax > maxBytes || ignoreHeaderChecksum
      ? undefined // the plain decoder counts exactly and does not look at that checksum
      : native<Lz4Addon>('lz4-napi')
  if (addon === undefined) return decompressBlocks(data, frame, maxBytes)
  try {
    return addon.decompressFrameSync(data.subarray(0, frame.end))
  } catch (cause) {
    throw undecodable('lz4', (cause as Error).message, cause)
  }
}

export function lz4CompressInTypeScript(data: Buffer): Buffer {
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
    const written = compressBlock(data, at, end, output, to + 4) - to - 4
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

function readFrame(data: Buffer, ignoreHeaderChecksum: boolean): Frame {
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
  const hasBlockChecksums = (flags & FLAG_BLOCK_CHECKSUM) !== 0
  const hasContentChecksum = (flags & FLAG_CONTENT_CHECKSUM) !== 0
  return readBlockHeaders(
    data,
    checksumAt + 1,
    1 << (2 * blockSizeId + 8),
    hasBlockChecksums,
    hasContentChecksum,
  )
}

function readBlockHeaders(
  data: Buffer,
  blocksAt: number,
  blockBytesMax: number,
  hasBlockChecksums: boolean,
  hasContentChecksum: boolean,
): Frame {
  let at = blocksAt
  let outputBytesMax = 0
  for (;;) {
    if (data.length - at < 4) throw undecodable('lz4', 'the frame has no end mark')
    const header = data.readUInt32LE(at)
    at += 4
    if (header === 0) break
    const size = header & 0x7fff_ffff
    if (size > blockBytesMax || size > data.length - at) {
      throw undecodable('lz4', `the block of ${size} bytes at byte ${at} is too long or cut off`)
    }
    outputBytesMax += header >= BLOCK_STORED ? size : Math.min(blockBytesMax, size * EXPANSION_MAX)
    at += size + (hasBlockChecksums ? 4 : 0)
  }
  const end = at + (hasContentChecksum ? 4 : 0)
  if (end > data.length) throw undecodable('lz4', 'the frame is cut off in its last checksum')
  return { blocksAt, blockBytesMax, hasBlockChecksums, end, outputBytesMax }
}

function decompressBlocks(data: Buffer, frame: Frame, maxBytes: number): Buffer {
  let output: Buffer = Buffer.allocUnsafe(Math.min(frame.outputBytesMax, 4 * data.length))
  let at = frame.blocksAt
  let to = 0
  for (;;) {
    const header = data.readUInt32LE(at)
    at += 4
    if (header === 0) break
    const size = header & 0x7fff_ffff
    const isStored = header >= BLOCK_STORED
    const contentMax = isStored ? size : Math.min(frame.blockBytesMax, size * EXPANSION_MAX)
    output = withRoomFor(output, to, contentMax)
    if (frame.hasBlockChecksums && data.readUInt32LE(at + size) !== xxhash32(data, at, at + size)) {
      throw undecodable('lz4', `the block at byte ${at} does not match its checksum`)
    }
    to = isStored
      ? to + data.copy(output, to, at, at + size)
      : decompressBlock(data, at, at + size, output, to, to + contentMax)
    if (to > maxBytes) throw overLimit('lz4', maxBytes)
    at += size + (frame.hasBlockChecksums ? 4 : 0)
  }
  return output.subarray(0, to)
}

function withRoomFor(output: Buffer, used: number, more: number): Buffer {
  if (output.length - used >= more) return output
  const larger = Buffer.allocUnsafe(Math.max(used + more, 2 * output.length))
  output.copy(larger, 0, 0, used)
  return larger
}
