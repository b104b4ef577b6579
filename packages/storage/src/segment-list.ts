import { assert } from '@ottla/runtime'
import type { Segment } from './segment.ts'

/**
 * A log's segments in the order of their base offsets. The last one is active: it takes the appends.
 * What `all` gives never changes: a loop that awaits goes on with what was there when it began.
 */
export class SegmentList {
  #segments: readonly Segment[]

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment {
    const first = this.#segments[0]
    assert(first !== undefined, 'a log has at least one segment')
    return first
  }

  get active(): Segment {
    const active = this.#segments.at(-1)
    assert(active !== undefined, 'a log has at least one segment')
    return active
  }

  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.sizeBytes
    return bytes
  }

  /** Where the last segment is that begins at or before `offset`; -1 when all begin later. */
  floorIndex(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    if (high >= 0 && this.#segments[high]!.baseOffset <= offset) return high
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle - 1
    }
    return high
  }

  /** The last segment that begins at or before `offset`. */
  holding(offset: number): Segment {
    const segment = this.#segments[this.floorIndex(offset)]
    assert(segment !== undefined, 'the log begins at or before the offset')
    return segment
  }

  add(segment: Segment): void {
    const last = this.#segments.at(-1)
    assert(last === undefined || last.baseOffset < segment.baseOffset, 'segments ascend')
    this.#segments = [...this.#segments, segment]
  }

  /** Takes the first `count` out. */
  removeFirst(count: number): readonly Segment[] {
    const removed = this.#segments.slice(0, count)
    this.#segments = this.#segments.slice(count)
    return removed
  }

  /** Puts one segment in the place of several that follow one another. */
  replace(originals: readonly Segment[], segment: Segment): void {
    const index = this.#segments.indexOf(originals[0]!)
    assert(
      index >= 0 && originals.every((original, at) => this.#segments[index + at] === original),
      'what is replaced is there, in this order',
    )
    assert(
      segment.baseOffset === originals[0]!.baseOffset,
      'what replaces it begins where it began',
    )
    const segments = [...this.#segments]
    segments.splice(index, originals.length, segment)
    this.#segments = segments
  }

  /** Takes those out that are at `index` or later. */
  removeFrom(index: number): readonly Segment[] {
    const removed = this.#segments.slice(index)
    this.#segments = this.#segments.slice(0, index)
    return removed
  }
}
