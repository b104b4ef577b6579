import type { CompressionCodec } from './codec.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { UNCOMPRESSED_BYTES_MAX } from './output-limit.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'
import { gunzip, gzip, zstdCompress, zstdDecompress } from './zlib.ts'

/**
 * Compresses the records part of a batch.
 *
 * @param level `compression.gzip.level`, `compression.lz4.level` or `compression.zstd.level`; each codec's own
 *   default without it. Snappy has no levels.
 */
export function compress(codec: CompressionCodec, data: Buffer, level?: number): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return gzip(data, level)
    case 'snappy':
      return snappyCompress(data)
    case 'lz4':
      return lz4Compress(data, level)
    case 'zstd':
      return zstdCompress(data, level)
    default:
      return codec satisfies never
  }
}

/**
 * @param maxBytes no more than this much memory is taken for the result
 * @throws KafkaError INVALID_RECORD when the data is corrupt, MESSAGE_TOO_LARGE when it is over `maxBytes`
 */
export function decompress(
  codec: CompressionCodec,
  data: Buffer,
  maxBytes: number = UNCOMPRESSED_BYTES_MAX,
): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return gunzip(data, maxBytes)
    case 'snappy':
      return snappyDecompress(data, maxBytes)
    case 'lz4':
      return lz4Decompress(data, maxBytes)
    case 'zstd':
      return zstdDecompress(data, maxBytes)
    default:
      return codec satisfies never
  }
}
