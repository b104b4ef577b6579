import { createRequire } from 'node:module'
import { native } from '../native.ts'
import { overLimit, undecodable } from './output-limit.ts'

/**
 * Snappy, in the two shapes that travel through Kafka:
 *
 *   xerial  what Java writes: 82 53 4e 41 50 50 59 00 · version int32 1 · compatible version int32 1 ·
 *           then blocks, each an int32 length and raw snappy data of up to 32 KB uncompressed
 *   raw     one raw block and nothing else, which some other clients write
 *
 * Both are read; xerial is written.
 */
interface SnappyBlocks {
  compress(data: Buffer): Buffer
  /** Throws on corrupt data. The length it announces has been checked before. */
  uncompress(data: Buffer): Buffer
}

interface SnappyAddon {
  compressSync(input: Uint8Array): Buffer
  uncompressSync(input: Uint8Array, options: { asBuffer: true; copyOutputData: true }): Buffer
}

const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const XERIAL_MAGIC_BYTES = 8
const XERIAL_BLOCK_BYTES = 32 * 1024

/** No element of the format makes more than 64 bytes of three, so a block that promises more lies. */
const EXPANSION_MAX = 22

export function snappyCompress(data: Buffer): Buffer {
  const codec = blocks()
  const parts: Buffer[] = [XERIAL_HEADER]
  for (let at = 0; at < data.length; at += XERIAL_BLOCK_BYTES) {
    const block = codec.compress(data.subarray(at, at + XERIAL_BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function snappyDecompress(data: Buffer, maxBytes: number): Buffer {
  const isXerial =
    data.length >= XERIAL_HEADER.length &&
    data.compare(XERIAL_HEADER, 0, XERIAL_MAGIC_BYTES, 0, XERIAL_MAGIC_BYTES) === 0
  if (!isXerial) {
    if (uncompressedLength(data, 0, data.length) > maxBytes) throw overLimit('snappy', maxBytes)
    return uncompressBlock(data)
  }

  let total = 0
  for (let at = XERIAL_HEADER.length; at < data.length;) {
    const end = blockEnd(data, at)
    total += uncompressedLength(data, at + 4, end)
    if (total > maxBytes) throw overLimit('snappy', maxBytes)
    at = end
  }

  const result = Buffer.allocUnsafe(total)
  let written = 0
  for (let at = XERIAL_HEADER.length; at < data.length;) {
    const end = blockEnd(data, at)
    const block = uncompressBlock(data.subarray(at + 4, end))
    result.set(block, written)
    written += block.length
    at = end
  }
  return result
}

function blockEnd(data: Buffer, at: number): number {
  const length = data.length - at < 4 ? -1 : data.readInt32BE(at)
  if (length < 0 || length > data.length - at - 4) {
    throw undecodable('snappy', `the block at byte ${at} is cut off`)
  }
  return at + 4 + length
}

/** The uvarint that a raw block starts with. */
function uncompressedLength(data: Buffer, at: number, end: number): number {
  let length = 0
  let scale = 1
  for (let index = at; index < end && index < at + 5; index++) {
    const byte = data[index]!
    length += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if (length <= (end - at) * EXPANSION_MAX) return length
      throw undecodable(
        'snappy',
        `${end - at} bytes promise ${length}, which no snappy data can be`,
      )
    }
    scale *= 128
  }
  throw undecodable('snappy', `the block at byte ${at} has no length`)
}

function uncompressBlock(data: Buffer): Buffer {
  try {
    return blocks().uncompress(data)
  } catch (cause) {
    throw undecodable('snappy', (cause as Error).message, cause)
  }
}

function blocks(): SnappyBlocks {
  const addon = native<SnappyAddon>('snappy')
  if (addon === undefined) return (plain ??= loadPlain())
  return (wrapped ??= {
    compress: (data) => addon.compressSync(data),
    // copyOutputData: memory of V8's own, which it can count and reuse, rather than an external buffer.
    uncompress: (data) => addon.uncompressSync(data, { asBuffer: true, copyOutputData: true }),
  })
}

let wrapped: SnappyBlocks | undefined
let plain: SnappyBlocks | undefined

function loadPlain(): SnappyBlocks {
  return createRequire(import.meta.url)('snappyjs') as SnappyBlocks
}
