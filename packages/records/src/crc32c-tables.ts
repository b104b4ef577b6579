/** CRC-32C (Castagnoli) in plain TypeScript, eight bytes a step: the fallback, and best for short input. */

const POLYNOMIAL_REVERSED = 0x82f63b78

/** Eight tables of 256 in one array: `TABLES[k * 256 + b]` is the CRC of byte b followed by k zero bytes. */
const TABLES = buildTables()

export function crc32cInTypeScript(buffer: Uint8Array, start: number, end: number): number {
  const t = TABLES
  let crc = -1
  let at = start
  for (; end - at >= 8; at += 8) {
    const low =
      crc ^
      (buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24))
    crc =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + buffer[at + 4]!]! ^
      t[512 + buffer[at + 5]!]! ^
      t[256 + buffer[at + 6]!]! ^
      t[buffer[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ buffer[at]!) & 255]!
  return ~crc >>> 0
}

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL_REVERSED : 0)
    tables[byte] = crc
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256]!
    tables[at] = (shorter >>> 8) ^ tables[shorter & 255]!
  }
  return tables
}
