/**
 * int64 fields whose values are safe integers. Two 32-bit halves are far cheaper than a bigint. A client
 * may send larger ones (a timestamp of 2^63 - 1): those are rounded, never refused here.
 */

const TWO_TO_32 = 0x1_0000_0000

export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_TO_32 + buffer.readUInt32BE(at + 4)
}

export function writeInt64(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32)
  buffer.writeInt32BE(Math.max(-0x8000_0000, Math.min(high, 0x7fff_ffff)), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}
