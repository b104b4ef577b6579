/**
 * Writing of zigzag varints, as records have them: 7 bits a byte, least first, the high bit says that
 * more follow; the lowest bit of the value is its sign. Reading is `RecordCursor`'s.
 */

/** Bytes that `writeVarint` takes for an int32. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** @returns the position after the value */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[at++] = zigzag
  return at
}

/** Bytes that `writeVarlong` takes for a whole number of at most 2^53. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value)
  // 6 bits fit the first byte beside the sign, 7 each one after it.
  let rest = Math.floor((value < 0 ? -value - 1 : value) / 64)
  let size = 1
  for (; rest > 0; size++) rest = Math.floor(rest / 128)
  return size
}

/** @returns the position after the value */
export function writeVarlong(buffer: Buffer, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(buffer, at, value)
  const isNegative = value < 0
  const magnitude = isNegative ? -value - 1 : value
  let rest = Math.floor(magnitude / 64)
  // Modulo, not &: the value does not fit an int32 here, so there always is a second byte or an odd fifth.
  buffer[at++] = ((magnitude % 64) << 1) | (isNegative ? 1 : 0) | (rest > 0 ? 0x80 : 0)
  while (rest > 0) {
    const next = Math.floor(rest / 128)
    buffer[at++] = (rest % 128) | (next > 0 ? 0x80 : 0)
    rest = next
  }
  return at
}
