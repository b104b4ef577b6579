import { native } from './native.ts'
import { crc32cInTypeScript } from './crc32c-tables.ts'

/** Below this a call into native code costs more than it saves. */
const NATIVE_MIN_BYTES = 128

/**
 * The addon is loaded once so many bytes have been through the plain version: a broker that idles never
 * pays its 4 ms and 8 MB, and one under load has it within a few requests.
 */
const PLAIN_BYTES_BEFORE_NATIVE = 64 * 1024

interface Crc32Addon {
  crc32c(input: Uint8Array): number
}

let addon: Crc32Addon | undefined
let plainBytesLeft = PLAIN_BYTES_BEFORE_NATIVE

/** CRC-32C of `buffer[start, end)`, as a uint32. 6 GB/s for large input. */
export function crc32c(buffer: Uint8Array, start: number = 0, end: number = buffer.length): number {
  const length = end - start
  if (length < NATIVE_MIN_BYTES) return crc32cInTypeScript(buffer, start, end)
  if (addon !== undefined) return addon.crc32c(buffer.subarray(start, end))
  plainBytesLeft -= length
  if (plainBytesLeft < 0) preloadCrc32c()
  return crc32cInTypeScript(buffer, start, end)
}

/** Loads the native version now (4 ms), for a caller that has an idle moment before the first load comes. */
export function preloadCrc32c(): void {
  addon ??= native<Crc32Addon>('@node-rs/crc32')
  plainBytesLeft = Infinity // whether it was there or not: asked once
}
