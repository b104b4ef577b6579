import { KafkaError } from '@ottla/protocol'
import { batchSizeBytes, lastOffset, wholeBatchSize } from '@ottla/records'
import { COLD_READ_BYTES_MAX, SMALLEST_BATCH_BYTES } from './limits.ts'
import type { LogSlice } from './log-slice.ts'
import { emptySlice } from './log-slice.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { SegmentList } from './segment-list.ts'
import type { Segment } from './segment.ts'

export interface LogRead {
  readonly offset: number
  readonly maxBytes: number
  /** Exclusive: batches that do not end before it are left out. */
  readonly endOffset: number
  /** Whether the first batch is given even if it exceeds `maxBytes`. */
  readonly minOneBatch: boolean
}

/** How many readers' places are remembered for a log. */
const PLACES_MAX = 8

/** What is read at first, when a position is known only roughly, beyond what was asked for. */
const SLACK_BYTES = 8 * 1024

interface Place {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
}

/** Reads from a log's files what its tail in memory no longer has. */
export class LogReader {
  readonly #segments: SegmentList
  readonly #buffers: ReadBuffers
  /** Where readers will go on: mostly they ask for what follows their last answer. */
  #places: Place[] = []

  constructor(segments: SegmentList, buffers: ReadBuffers) {
    this.#segments = segments
    this.#buffers = buffers
  }

  /** The log was cut: what was known about positions may be wrong. */
  forgetPlaces(): void {
    this.#places = []
  }

  async read({ offset, maxBytes, endOffset, minOneBatch }: LogRead): Promise<LogSlice> {
    let index = Math.max(0, this.#segments.floorIndex(offset))
    // Compaction leaves gaps: the next batch may be in a later segment.
    for (; index < this.#segments.all.length; index++) {
      const segment = this.#segments.all[index]!
      const slice = await this.#readSegment(segment, offset, maxBytes, endOffset, minOneBatch)
      if (slice !== null) return slice
    }
    return emptySlice(offset)
  }

  /** null when the segment ends before `offset`. */
  async #readSegment(
    segment: Segment,
    offset: number,
    maxBytes: number,
    endOffset: number,
    minOneBatch: boolean,
  ): Promise<LogSlice | null> {
    const place = this.#places.find((known) => known.offset === offset && known.segment === segment)
    let position = place?.position ?? (await segment.floorPosition(offset))
    const slack = place === undefined ? SLACK_BYTES : 0
    // However little is asked for: a batch's size must be seen to know whether it fits.
    let wanted = Math.min(Math.max(maxBytes, SMALLEST_BATCH_BYTES) + slack, COLD_READ_BYTES_MAX)
    for (;;) {
      const available = segment.sizeBytes - position
      if (available <= 0) return null
      const length = Math.min(wanted, available)
      const buffer = this.#buffers.take(length)
      const filled = await segment.file.readAsync(buffer.subarray(0, length), position)
      const start = skipTo(buffer, filled, offset)
      const size = sizeOfBatchAt(buffer, start, filled, segment, position)
      if (size !== null && start + size <= filled) {
        const end = endWithin(buffer, start, filled, maxBytes, endOffset, minOneBatch)
        return this.#slice(segment, buffer, start, end, position, offset)
      }
      this.#buffers.give(buffer)
      // Either all that was read is before the offset, or its batch is only partly there.
      position += start
      wanted = Math.max(wanted, size ?? 0)
      if (filled === 0 || (start === 0 && size === null)) throw cutOff(segment, position)
      if (size === null) continue
      if (size > segment.sizeBytes - position) throw cutOff(segment, position)
      if (size > maxBytes && !minOneBatch) return emptySlice(offset)
    }
  }

  #slice(
    segment: Segment,
    buffer: Buffer,
    start: number,
    end: number,
    position: number,
    offset: number,
  ): LogSlice {
    if (end === start) {
      this.#buffers.give(buffer)
      this.#remember({ offset, segment, position: position + start })
      return emptySlice(offset)
    }
    const nextOffset = lastOffsetIn(buffer, start, end) + 1
    this.#remember({ offset: nextOffset, segment, position: position + end })
    return new ReadSlice(buffer, start, end, nextOffset, this.#buffers)
  }

  #remember(place: Place): void {
    this.#places = this.#places.filter(
      (known) => known.offset !== place.offset && !known.segment.isDeleted,
    )
    if (this.#places.length === PLACES_MAX) this.#places.shift()
    this.#places.push(place)
  }
}

/** The first batch that ends at `offset` or later, or where the last whole batch ends. */
function skipTo(buffer: Buffer, filled: number, offset: number): number {
  let at = 0
  for (;;) {
    const size = wholeBatchSize(buffer, at, filled)
    if (size === 0 || lastOffset(buffer, at) >= offset) return at
    at += size
  }
}

/** As its header says; null when not even that is there. */
function sizeOfBatchAt(
  buffer: Buffer,
  at: number,
  filled: number,
  segment: Segment,
  position: number,
): number | null {
  if (filled - at < 12) return null
  const size = batchSizeBytes(buffer, at)
  if (size < SMALLEST_BATCH_BYTES) throw cutOff(segment, position + at)
  return size
}

function endWithin(
  buffer: Buffer,
  start: number,
  filled: number,
  maxBytes: number,
  endOffset: number,
  minOneBatch: boolean,
): number {
  let at = start
  while (at < filled) {
    const size = wholeBatchSize(buffer, at, filled)
    if (size === 0 || lastOffset(buffer, at) >= endOffset) break
    if (at + size - start > maxBytes && !(minOneBatch && at === start)) break
    at += size
  }
  return at
}

function lastOffsetIn(buffer: Buffer, start: number, end: number): number {
  let last = start
  for (let at = start; at < end; at += batchSizeBytes(buffer, at)) last = at
  return lastOffset(buffer, last)
}

function cutOff(segment: Segment, position: number): KafkaError {
  return new KafkaError(
    'KAFKA_STORAGE_ERROR',
    `${segment.file.path} has no whole record batch at byte ${position} of ${segment.sizeBytes}`,
  )
}

class ReadSlice implements LogSlice {
  readonly records: readonly Buffer[]
  readonly sizeBytes: number
  readonly nextOffset: number
  #buffer: Buffer | null
  readonly #buffers: ReadBuffers

  constructor(
    buffer: Buffer,
    start: number,
    end: number,
    nextOffset: number,
    buffers: ReadBuffers,
  ) {
    this.records = [buffer.subarray(start, end)]
    this.sizeBytes = end - start
    this.nextOffset = nextOffset
    this.#buffer = buffer
    this.#buffers = buffers
  }

  release(): void {
    if (this.#buffer !== null) this.#buffers.give(this.#buffer)
    this.#buffer = null
  }
}
