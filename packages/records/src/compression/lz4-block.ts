import { undecodable } from './output-limit.ts'

/**
 * LZ4 blocks in plain TypeScript. A block is a row of sequences:
 *
 *   token: literal count (high 4 bits), match length - 4 (low 4 bits); 15 goes on in bytes until one < 255
 *   literals · match offset uint16 little endian, 1 … 65535 back
 *
 * The last sequence ends after its literals. The format asks that the last 5 bytes are literals and that
 * no match starts within the last 12.
 */
const MATCH_MIN = 4
const LAST_LITERALS = 5
const MATCH_START_MARGIN = 12
const HASH_BITS_MAX = 14
const DISTANCE_MAX = 0xffff

/** Most bytes that `compressBlock` may write for an input of so many. */
export function compressedBlockBound(inputBytes: number): number {
  return inputBytes + Math.ceil(inputBytes / 255) + 16
}

/**
 * @param outputEnd exclusive bound: a block that would write further is corrupt
 * @returns the position in `output` after the block's content
 */
export function decompressBlock(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  outputStart: number,
  outputEnd: number,
): number {
  let at = start
  let to = outputStart
  while (at < end) {
    const token = input[at++]!

    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at >= end) throw undecodable('lz4', 'a block ends inside a literal count')
        more = input[at++]!
        literals += more
      }
    }
    if (literals > end - at || literals > outputEnd - to) {
      throw undecodable('lz4', `${literals} literals do not fit their block`)
    }
    if (literals > 32) {
      input.copy(output, to, at, at + literals)
      at += literals
      to += literals
    } else {
      for (let n = literals; n > 0; n--) output[to++] = input[at++]!
    }
    if (at === end) return to // the last sequence has no match

    if (end - at < 2) throw undecodable('lz4', 'a block ends inside a match offset')
    const distance = input[at]! | (input[at + 1]! << 8)
    at += 2
    if (distance === 0 || distance > to - outputStart) {
      throw undecodable('lz4', `a match ${distance} bytes back reaches before its block`)
    }
    let length = (token & 15) + MATCH_MIN
    if (length === 15 + MATCH_MIN) {
      let more = 255
      while (more === 255) {
        if (at >= end) throw undecodable('lz4', 'a block ends inside a match length')
        more = input[at++]!
        length += more
      }
    }
    if (length > outputEnd - to) throw undecodable('lz4', `a match of ${length} bytes does not fit`)
    if (distance >= length && length > 64) {
      output.copyWithin(to, to - distance, to - distance + length)
      to += length
    } else {
      // Byte by byte: a match may overlap what it writes, which is how runs are coded.
      for (let from = to - distance; length > 0; length--) output[to++] = output[from++]!
    }
  }
  throw undecodable('lz4', 'a block ends without its last literals')
}

/**
 * Compresses `input[start, end)`; greedy, with one candidate a position.
 *
 * @param output has room for `compressedBlockBound(end - start)` bytes from `outputStart`
 * @returns the position in `output` after the block
 */
export function compressBlock(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  outputStart: number,
): number {
  // A table no larger than the input needs: clearing it would take longer than compressing a short one.
  const hashBits = Math.min(Math.max(32 - Math.clz32(end - start), 6), HASH_BITS_MAX)
  const shift = 32 - hashBits
  // Where the four bytes of a hash were seen last, plus one: 0 is never.
  const positions = new Int32Array(1 << hashBits)
  const matchLimit = end - MATCH_START_MARGIN
  let at = start
  let literalStart = start
  let to = outputStart
  let misses = 0
  while (at < matchLimit) {
    const word = input.readInt32LE(at)
    const slot = Math.imul(word, 0x9e3779b1) >>> shift
    const candidate = positions[slot]! - 1
    positions[slot] = at + 1
    if (candidate < 0 || at - candidate > DISTANCE_MAX || input.readInt32LE(candidate) !== word) {
      at += 1 + (misses++ >>> 6) // hurries through data that does not compress
      continue
    }
    misses = 0
    const lengthLimit = end - LAST_LITERALS - at
    let length = MATCH_MIN
    while (length < lengthLimit && input[candidate + length] === input[at + length]) length++
    to = writeSequence(input, literalStart, at, output, to, at - candidate, length)
    at += length
    literalStart = at
  }
  return writeSequence(input, literalStart, end, output, to, 0, 0)
}

/**
 * Compresses like `compressBlock`, but looks at up to `attempts` earlier places for the longest match: smaller
 * and slower.
 */
export function compressBlockHard(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  outputStart: number,
  attempts: number,
): number {
  // For each hash the last place with it, for each place the one before it; both plus one, 0 is none.
  const lastPlaces = new Int32Array(1 << HASH_BITS_MAX)
  const placesBefore = new Int32Array(end - start)
  const matchLimit = end - MATCH_START_MARGIN
  let to = outputStart
  let literalStart = start
  for (let at = start; at < matchLimit;) {
    let candidate = enter(at)
    const lengthLimit = end - LAST_LITERALS - at
    let bestLength = MATCH_MIN - 1
    let bestAt = 0
    for (
      let left = attempts;
      left > 0 && candidate >= start && at - candidate <= DISTANCE_MAX;
      left--
    ) {
      const length = matchLength(input, candidate, at, bestLength, lengthLimit)
      if (length > bestLength) {
        bestLength = length
        bestAt = candidate
      }
      candidate = placesBefore[candidate - start]! - 1
    }
    if (bestLength < MATCH_MIN) {
      at++
      continue
    }
    to = writeSequence(input, literalStart, at, output, to, at - bestAt, bestLength)
    const matchEnd = at + bestLength
    for (at++; at < matchEnd; at++) if (at < matchLimit) enter(at)
    literalStart = matchEnd
  }
  return writeSequence(input, literalStart, end, output, to, 0, 0)

  /** @returns the last place with the same hash, or one before `start` */
  function enter(at: number): number {
    const slot = Math.imul(input.readInt32LE(at), 0x9e3779b1) >>> (32 - HASH_BITS_MAX)
    const before = lastPlaces[slot]!
    placesBefore[at - start] = before
    lastPlaces[slot] = at + 1
    return before === 0 ? -1 : before - 1
  }
}

/** How many bytes agree; 0 as soon as it is clear that they are not more than `toBeat`. */
function matchLength(
  input: Buffer,
  candidate: number,
  at: number,
  toBeat: number,
  limit: number,
): number {
  if (toBeat >= limit || input[candidate + toBeat] !== input[at + toBeat]) return 0
  let length = 0
  while (length < limit && input[candidate + length] === input[at + length]) length++
  return length
}

/** @param matchLength 0 for the last sequence, which has no match */
function writeSequence(
  input: Buffer,
  literalStart: number,
  literalEnd: number,
  output: Buffer,
  outputStart: number,
  distance: number,
  matchLength: number,
): number {
  const literals = literalEnd - literalStart
  const extra = matchLength === 0 ? 0 : matchLength - MATCH_MIN
  let to = outputStart
  output[to++] = (Math.min(literals, 15) << 4) | Math.min(extra, 15)
  if (literals >= 15) to = writeLength(output, to, literals - 15)
  input.copy(output, to, literalStart, literalEnd)
  to += literals
  if (matchLength === 0) return to
  output[to++] = distance & 0xff
  output[to++] = distance >>> 8
  return extra >= 15 ? writeLength(output, to, extra - 15) : to
}

function writeLength(output: Buffer, start: number, length: number): number {
  let to = start
  let rest = length
  for (; rest >= 255; rest -= 255) output[to++] = 255
  output[to++] = rest
  return to
}
