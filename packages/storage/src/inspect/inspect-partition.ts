import type { Disk } from '@ottla/runtime'
import { LEADER_EPOCH_CHECKPOINT } from '../leader-epochs.ts'
import { PARTITION_METADATA } from '../partition-metadata.ts'
import {
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  offsetFileName,
} from '../paths.ts'
import type { PartitionName } from '../paths.ts'
import type { Finding, InspectedEntry } from './entry.ts'
import { atNextStart, note, problem } from './entry.ts'
import { logFileName } from './file-kind.ts'
import type { LogFileName } from './file-kind.ts'
import { inspectFile } from './inspect-file.ts'
import { inspectSegment } from './inspect-segment.ts'
import type { SegmentReport } from './inspect-segment.ts'

/** What is known of a partition before its folder is opened. */
export interface PartitionInspection extends PartitionName {
  /** Whether the broker stopped as it should. */
  readonly isClean: boolean
  /** From the checkpoint. */
  readonly recoveryPoint: number
  /** From the checkpoint. */
  readonly logStartOffset: number
  /** From the checkpoint; null when it does not name the partition. */
  readonly highWatermark: number | null
  /** Whether compaction may have taken batches away: then segments need not adjoin. */
  readonly mayHaveGaps: boolean
  /** Check every batch and index entry, also of what the next start would believe. */
  readonly isDeep: boolean
}

/** A partition's folder, what is wrong in it, and what the next start would do. */
export interface PartitionReport extends PartitionName {
  readonly type: 'partition'
  readonly directory: string
  /** null: there is no partition.metadata that can be read. */
  readonly topicId: string | null
  /** As are left after the next start. */
  readonly segments: number
  readonly sizeBytes: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number | null
  readonly recoveryPoint: number
  /** Bytes of segments that the next start checks batch by batch: those behind the recovery point. */
  readonly recoveredBytes: number
  readonly findings: readonly Finding[]
}

/** Reads a partition's folder as the next start would; changes nothing. */
export async function inspectPartition(
  disk: Disk,
  directory: string,
  options: PartitionInspection,
): Promise<PartitionReport> {
  const findings: Finding[] = []
  const files = new Map<string, LogFileName>()
  for (const { name, isDirectory } of disk.list(directory)) {
    const file = isDirectory ? null : logFileName(name)
    if (file === null || !belongsHere(file, options.topic)) {
      findings.push(
        note(`${directory}/${name}`, null, 'it is no part of a log', 'it is left alone'),
      )
    } else {
      files.set(name, file)
    }
  }
  findings.push(...leftoversIn(directory, files.values()))
  const segments = await segmentsIn(disk, directory, files, options, findings)
  const logEndOffset = segments.at(-1)?.nextOffset ?? options.logStartOffset
  const logStartOffset = Math.max(options.logStartOffset, segments[0]?.baseOffset ?? 0)
  const topicId = await smallFiles(disk, directory, files, logEndOffset, findings)
  findings.push(...checkpointFindings(directory, options, logEndOffset, segments.length > 0))
  const firstChecked = options.isClean ? Infinity : options.recoveryPoint
  return {
    type: 'partition',
    topic: options.topic,
    partition: options.partition,
    directory,
    topicId,
    segments: segments.length,
    sizeBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    logStartOffset,
    logEndOffset,
    highWatermark: options.highWatermark,
    recoveryPoint: options.recoveryPoint,
    recoveredBytes: segments
      .filter((_, index) => isRecovered(segments, index, firstChecked))
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    findings,
  }
}

/** Whether a file of this kind may be in a partition's folder. */
function belongsHere({ kind }: LogFileName, topic: string): boolean {
  if (kind === 'quorum-state' || kind === 'metadata-snapshot') return topic === METADATA_TOPIC
  return (
    kind !== 'offset-checkpoint' &&
    kind !== 'meta-properties' &&
    kind !== 'clean-shutdown' &&
    kind !== 'lock'
  )
}

const METADATA_TOPIC = '__cluster_metadata'

/** Recovery starts with the segment that holds the recovery point. */
function isRecovered(
  segments: readonly { readonly baseOffset: number }[],
  index: number,
  recoverFrom: number,
): boolean {
  return (segments[index + 1]?.baseOffset ?? Infinity) > recoverFrom && recoverFrom !== Infinity
}

function* leftoversIn(directory: string, files: Iterable<LogFileName>): Generator<Finding> {
  const present = [...files]
  const logs = new Set(
    present.flatMap(({ kind, leftover, baseOffset }) =>
      kind === 'log' && leftover === null ? [baseOffset] : [],
    ),
  )
  const firstCleaned = Math.min(
    ...present.map(({ leftover, baseOffset }) =>
      leftover === 'cleaned' ? (baseOffset ?? 0) : Infinity,
    ),
  )
  for (const { name, kind, leftover, baseOffset } of present) {
    const path = `${directory}/${name}`
    if (leftover === 'deleted')
      yield note(path, null, 'it was about to be deleted', 'it is deleted')
    else if (leftover === 'cleaned') {
      yield note(
        path,
        null,
        'compaction was interrupted',
        'it is deleted: what it was made from is there',
      )
    } else if (leftover === 'swap') {
      const isWhole = (baseOffset ?? 0) < firstCleaned
      const then = isWhole
        ? 'it takes the place of what it was made from'
        : 'it is deleted: its group is not whole'
      yield note(path, null, 'compaction was interrupted', then)
    } else if (leftover !== null) {
      yield note(path, null, 'a file was being replaced', 'the old one counts')
    } else if (kind.endsWith('-index') && !logs.has(baseOffset)) {
      yield note(path, null, 'an index without its segment', 'it is removed')
    }
  }
}

async function segmentsIn(
  disk: Disk,
  directory: string,
  files: ReadonlyMap<string, LogFileName>,
  options: PartitionInspection,
  findings: Finding[],
): Promise<SegmentReport[]> {
  const baseOffsets = [...files.values()]
    .flatMap(({ kind, leftover, baseOffset }) =>
      kind === 'log' && leftover === null && baseOffset !== null ? [baseOffset] : [],
    )
    .sort((one, other) => one - other)
  const recoverFrom = options.isClean ? Infinity : options.recoveryPoint
  const starts = baseOffsets.map((baseOffset) => ({ baseOffset }))
  const segments: SegmentReport[] = []
  for (const [index, baseOffset] of baseOffsets.entries()) {
    const isChecked = isRecovered(starts, index, recoverFrom)
    const isLast = index === baseOffsets.length - 1
    // A sealed segment that the next start would not even read: its sizes are looked at.
    const isRead = options.isDeep || isChecked || isLast
    const segment = isRead
      ? await inspectSegment(disk, directory, baseOffset, options.isDeep || isChecked)
      : sealedSegment(disk, directory, baseOffset, baseOffsets[index + 1]!)
    segments.push(segment)
    // Indexes that are going to be built anew may be as a killed broker leaves them.
    const isNews = ({ severity, file }: Finding): boolean =>
      !isChecked || severity === 'problem' || file.endsWith(LOG_SUFFIX)
    const news = segment.findings.filter(isNews)
    // After a clean stop, too, the last segment is recovered when it does not end with a batch.
    const isRecoveredAnyway = isLast && segment.endOfBatches !== null
    findings.push(...news.map((finding) => atNextStart(finding, isChecked || isRecoveredAnyway)))
    if (isLast || !isRead) continue
    const between = [
      ...betweenSegments(directory, segment, baseOffsets[index + 1]!, isChecked, options),
    ]
    findings.push(...between)
    const isEnd = segment.firstBadByte !== null || between.length > 0
    if (!isChecked || !isEnd) continue
    const after = baseOffsets.length - 1 - index
    const next = `${directory}/${offsetFileName(baseOffsets[index + 1]!, LOG_SUFFIX)}`
    const what = `${after} ${after === 1 ? 'segment comes' : 'segments come'} after a bad place`
    findings.push(problem(next, null, what, 'the next start removes what comes after it'))
    return segments
  }
  return segments
}

/** What an index may have at most: an entry for every smallest batch. */
function sealedSegment(
  disk: Disk,
  directory: string,
  baseOffset: number,
  nextOffset: number,
): SegmentReport {
  const findings: Finding[] = []
  const sizeOf = (suffix: string): number | null =>
    disk.stat(`${directory}/${offsetFileName(baseOffset, suffix)}`)?.sizeBytes ?? null
  const sizeBytes = sizeOf(LOG_SUFFIX) ?? 0
  for (const [suffix, entryBytes] of [
    [INDEX_SUFFIX, 8],
    [TIME_INDEX_SUFFIX, 12],
    [TXN_INDEX_SUFFIX, 34],
  ] as const) {
    const bytes = sizeOf(suffix)
    const path = `${directory}/${offsetFileName(baseOffset, suffix)}`
    const isRequired = suffix !== TXN_INDEX_SUFFIX && sizeBytes > 0
    if (bytes === null && isRequired) findings.push(problem(path, null, 'it is missing', REBUILT))
    else if ((bytes ?? 0) % entryBytes !== 0) {
      const what = `${bytes} bytes are no whole number of entries of ${entryBytes}`
      findings.push(problem(path, null, what, REBUILT))
    }
  }
  return { baseOffset, sizeBytes, nextOffset, firstBadByte: null, endOfBatches: null, findings }
}

const REBUILT = 'it is built anew from the log'

function* betweenSegments(
  directory: string,
  { baseOffset, nextOffset, sizeBytes, firstBadByte }: SegmentReport,
  nextBaseOffset: number,
  isChecked: boolean,
  { mayHaveGaps }: PartitionInspection,
): Generator<Finding> {
  const path = `${directory}/${offsetFileName(baseOffset, LOG_SUFFIX)}`
  if (nextOffset > nextBaseOffset) {
    const what = `it goes on to offset ${nextOffset - 1}, but the next segment begins at ${nextBaseOffset}`
    yield problem(path, null, what, isChecked ? CUT_AFTER : BELIEVED)
  } else if (nextOffset < nextBaseOffset && !mayHaveGaps && firstBadByte === null) {
    const what = `no offsets ${nextOffset} to ${nextBaseOffset - 1}: the end of the file is lost`
    yield problem(path, sizeBytes, what, isChecked ? CUT_AFTER : BELIEVED)
  }
}

const BELIEVED = 'the next start believes the files and keeps them'
const CUT_AFTER = 'the next start ends the log here, and removes the segments after it'

/** The files that are not a segment's. @returns The topic's id. */
async function smallFiles(
  disk: Disk,
  directory: string,
  files: ReadonlyMap<string, LogFileName>,
  logEndOffset: number,
  findings: Finding[],
): Promise<string | null> {
  let topicId: string | null = null
  for (const [name, { kind, baseOffset, leftover }] of files) {
    if (leftover !== null || kind === 'log' || kind.endsWith('-index')) continue
    const path = `${directory}/${name}`
    for await (const entry of inspectFile(disk, path)) {
      if (entry.type === 'finding') findings.push(entry)
      else if (kind === 'partition-metadata') topicId = topicIdIn(entry) ?? topicId
      else if (entry.type === 'leader-epoch' && entry.startOffset > logEndOffset) {
        const what = `epoch ${entry.epoch} begins at ${entry.startOffset}, after the log's end, ${logEndOffset}`
        findings.push(note(path, null, what, 'it is forgotten'))
      }
    }
    if (name.endsWith(SNAPSHOT_SUFFIX) && (baseOffset ?? 0) > logEndOffset) {
      const what = `it is of offset ${baseOffset}, after the log's end, ${logEndOffset}`
      findings.push(note(path, null, what, 'it is removed'))
    }
  }
  if (!files.has(PARTITION_METADATA)) {
    const path = `${directory}/${PARTITION_METADATA}`
    findings.push(
      note(path, null, 'it is missing', 'it is made, with the id that the metadata has'),
    )
  }
  if (!files.has(LEADER_EPOCH_CHECKPOINT) && logEndOffset > 0) {
    const path = `${directory}/${LEADER_EPOCH_CHECKPOINT}`
    findings.push(note(path, null, 'it is missing', 'it is begun anew'))
  }
  return topicId
}

function topicIdIn(entry: InspectedEntry): string | null {
  if (entry.type !== 'properties') return null
  const id = entry.values['topic_id']
  return typeof id === 'string' ? id : null
}

function* checkpointFindings(
  directory: string,
  { recoveryPoint, logStartOffset, highWatermark, isClean }: PartitionInspection,
  logEndOffset: number,
  hasSegments: boolean,
): Generator<Finding> {
  if (!hasSegments) {
    yield problem(
      directory,
      null,
      'there is no segment in it',
      `an empty log is made, from offset ${logStartOffset} on`,
    )
  }
  if (logStartOffset > logEndOffset) {
    const what = `the log ends at ${logEndOffset}, before its log start offset, ${logStartOffset}`
    yield problem(
      directory,
      null,
      what,
      'all of it is removed, and it is begun anew at the log start offset',
    )
  }
  if (recoveryPoint > logEndOffset) {
    const what = `the log ends at ${logEndOffset}, before its recovery point, ${recoveryPoint}: records that were on the device are gone`
    yield problem(directory, null, what, 'the log is taken as it is')
  }
  if (highWatermark !== null && highWatermark > logEndOffset) {
    const what = `the log ends at ${logEndOffset}, before its high watermark, ${highWatermark}: records that were committed are gone`
    // After an unclean stop the high watermark may be of what was in memory only.
    yield isClean
      ? problem(directory, null, what, 'the high watermark is lowered')
      : note(directory, null, what, 'the high watermark is lowered')
  }
}
