import type { ZstdOptions } from 'node:zlib'
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { overLimit, undecodable } from './output-limit.ts'

/** gzip and zstd, which Node brings along. */

export const GZIP_DEFAULT_LEVEL = -1
export const ZSTD_DEFAULT_LEVEL = 3

/** @param level 1–9, or -1 for zlib's own default */
export function gzip(data: Buffer, level: number = GZIP_DEFAULT_LEVEL): Buffer {
  return gzipSync(data, { level, chunkSize: chunkSizeFor(data.length) })
}

export function gunzip(data: Buffer, maxBytes: number): Buffer {
  return bounded('gzip', maxBytes, () =>
    gunzipSync(data, { maxOutputLength: maxBytes, chunkSize: chunkSizeFor(4 * data.length) }),
  )
}

/** @param level -131072 … 22 */
export function zstdCompress(data: Buffer, level: number = ZSTD_DEFAULT_LEVEL): Buffer {
  const options: ZstdOptions = { chunkSize: chunkSizeFor(data.length) }
  if (level !== ZSTD_DEFAULT_LEVEL) {
    options.params = { [constants.ZSTD_c_compressionLevel]: level }
  }
  return zstdCompressSync(data, options)
}

export function zstdDecompress(data: Buffer, maxBytes: number): Buffer {
  const { buffer, engine } = bounded('zstd', maxBytes, () =>
    zstdDecompressWithInfo(data, {
      info: true,
      maxOutputLength: maxBytes,
      chunkSize: chunkSizeFor(4 * data.length),
    }),
  )
  // Node stops at the end of a frame; Java goes on to the next one and fails on what is none.
  if (engine.bytesWritten === data.length) return buffer
  throw undecodable('zstd', `${data.length - engine.bytesWritten} bytes follow its last frame`)
}

/** Node's types do not know what `info` changes. */
const zstdDecompressWithInfo = zstdDecompressSync as unknown as (
  data: Buffer,
  options: ZstdOptions & { info: true },
) => { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }

/** zlib collects its output in chunks: few for what is expected, small ones for a small batch. */
function chunkSizeFor(expectedBytes: number): number {
  return Math.min(Math.max(expectedBytes, 1024), 256 * 1024)
}

function bounded<Result>(codec: string, maxBytes: number, decompress: () => Result): Result {
  try {
    return decompress()
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (code === 'ERR_BUFFER_TOO_LARGE') throw overLimit(codec, maxBytes)
    throw undecodable(codec, (cause as Error).message, cause)
  }
}
