import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment.ts'

const INT32_MAX = 0x7fff_ffff

/**
 * Which neighbouring segments become one: as many as stay within `segment.bytes`, the size of an index and
 * the 2^31 offsets of one even if nothing of them goes. Compaction would leave ever more small segments else.
 *
 * @param firstUncleanableOffset where the segment begins that follows the last one
 */
export function segmentGroups(
  segments: readonly Segment[],
  { segmentBytes, segmentIndexBytes }: LogConfig,
  firstUncleanableOffset: number,
): Segment[][] {
  const groups: Segment[][] = []
  let group: Segment[] = []
  let logBytes = 0
  let indexBytes = 0
  let timeIndexBytes = 0
  for (const [index, segment] of segments.entries()) {
    const lastOffset = (segments[index + 1]?.baseOffset ?? firstUncleanableOffset) - 1
    const fits =
      group.length > 0 &&
      logBytes + segment.sizeBytes <= segmentBytes &&
      indexBytes + segment.offsetIndex.entries.sizeBytes <= segmentIndexBytes &&
      timeIndexBytes + segment.timeIndex.entries.sizeBytes <= segmentIndexBytes &&
      (segment.sizeBytes === 0 || lastOffset - group[0]!.baseOffset <= INT32_MAX)
    if (!fits) {
      group = []
      groups.push(group)
      logBytes = 0
      indexBytes = 0
      timeIndexBytes = 0
    }
    group.push(segment)
    logBytes += segment.sizeBytes
    indexBytes += segment.offsetIndex.entries.sizeBytes
    timeIndexBytes += segment.timeIndex.entries.sizeBytes
  }
  return groups
}
