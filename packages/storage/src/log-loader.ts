import { baseOffset, lastOffset, partitionLeaderEpoch } from '@ottla/records'
import type { Logger } from '@ottla/runtime'
import { LEADER_EPOCH_CHECKPOINT, LeaderEpochs } from './leader-epochs.ts'
import { clearLeftovers, isLeftover } from './leftovers.ts'
import { NAMES_PER_TURN, SMALLEST_BATCH_BYTES } from './limits.ts'
import type { LogConfig } from './log-config.ts'
import { MOVED_FROM } from './moved-from.ts'
import { PARTITION_METADATA } from './partition-metadata.ts'
import {
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  offsetFileName,
  offsetOfFileName,
} from './paths.ts'
import type { ProducerRecovery } from './producer-recovery.ts'
import { recoverProducerState } from './producer-recovery.ts'
import { ProducerState } from './producer-state.ts'
import type { StorageResources } from './resources.ts'
import { beginSegment, rollJitterMs } from './rolling.ts'
import { SegmentList } from './segment-list.ts'
import { Segment } from './segment.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import { OFFSET_ENTRY_BYTES } from './offset-index.ts'
import { TIME_ENTRY_BYTES } from './time-index.ts'

/** What is known of a log before its folder is opened. */
export interface LogLoadOptions {
  readonly resources: StorageResources
  readonly directory: string
  /** `<topic>-<partition>`, for messages. */
  readonly name: string
  readonly config: LogConfig
  readonly logger: Logger
  /** From the checkpoint. */
  readonly logStartOffset: number
  /** From the checkpoint. */
  readonly recoveryPoint: number
  /** From the checkpoint: up to where it was compacted, whatever the settings say now; null: never. */
  readonly cleanedTo: number | null
  /** Whether the broker stopped as it should: then the files are believed. */
  readonly isClean: boolean
  /** After an unclean stop: whether Ottla wrote it last. */
  readonly wasOurs: boolean
  readonly producerIdExpirationMs: number
  /** Names that are the owner's, not the log's. */
  readonly ownersFiles?: RegExp
}

export interface LoadedLog {
  readonly segments: SegmentList
  readonly producerState: ProducerState
  readonly snapshots: SnapshotFiles
  readonly leaderEpochs: LeaderEpochs
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  /** Folders in which names have changed that may not be durable yet. */
  readonly changedDirectories: readonly string[]
  /** Files of a process that was killed: they may not be durable either, and nobody writes them again. */
  readonly unsyncedFiles: readonly string[]
}

/**
 * Opens a log's folder. After a clean stop only the end of its last segment is read; otherwise every
 * batch behind the recovery point is checked, and the log is cut before the first bad byte.
 */
export async function loadLog(options: LogLoadOptions): Promise<LoadedLog> {
  return await new LogLoader(options).load()
}

class LogLoader {
  readonly #options: LogLoadOptions
  readonly #logger: Logger
  readonly #leaderEpochs: LeaderEpochs
  readonly #producerState: ProducerState
  #snapshots: SnapshotFiles
  #segments: SegmentList = new SegmentList([])
  /** Segments whose indexes are missing or cannot be right. */
  readonly #unindexed: Set<Segment> = new Set()
  readonly #changedDirectories: Set<string> = new Set()
  /** The log end offset when nothing had to be recovered. */
  #cleanEnd: number | null = null

  constructor(options: LogLoadOptions) {
    const { resources, directory, name, logger } = options
    this.#options = options
    this.#logger = logger
    this.#leaderEpochs = new LeaderEpochs(resources.disk, directory, logger)
    this.#producerState = new ProducerState(name)
    this.#snapshots = new SnapshotFiles(resources.disk, directory, [])
  }

  async load(): Promise<LoadedLog> {
    const { resources, directory, isClean, recoveryPoint } = this.#options
    const { disk } = resources
    disk.makeDirectory(directory)
    if (!isClean) this.#changedDirectories.add(directory).add(parentOf(directory))
    let names = disk.list(directory).map((entry) => entry.name)
    if (names.some(isLeftover)) {
      await clearLeftovers(resources, directory, this.#logger)
      names = disk.list(directory).map((entry) => entry.name)
    }
    this.#snapshots = new SnapshotFiles(disk, directory, names)
    this.#segments = new SegmentList(await this.#openSegments(names))

    const recoverFrom = isClean ? Infinity : recoveryPoint
    await this.#recover(recoverFrom)
    const logEndOffset = await this.#settleEnd()
    const logStartOffset = Math.max(this.#options.logStartOffset, this.#segments.first.baseOffset)

    this.#leaderEpochs.truncateFromEnd(logEndOffset)
    this.#leaderEpochs.truncateFromStart(logStartOffset)
    this.#producerState.expire(resources.clock.now(), this.#options.producerIdExpirationMs)
    await this.#removeStraySnapshots(logStartOffset, logEndOffset)
    // Most logs of a broker are idle.
    for (const segment of this.#segments.all) segment.rest()
    return {
      segments: this.#segments,
      producerState: this.#producerState,
      snapshots: this.#snapshots,
      leaderEpochs: this.#leaderEpochs,
      logStartOffset,
      logEndOffset,
      recoveryPoint: isClean ? logEndOffset : Math.min(recoveryPoint, logEndOffset),
      changedDirectories: [...this.#changedDirectories],
      unsyncedFiles:
        isClean || this.#snapshots.latest < 0 ? [] : [this.#snapshots.path(this.#snapshots.latest)],
    }
  }

  async #openSegments(names: readonly string[]): Promise<Segment[]> {
    const { disk } = this.#options.resources
    const present = new Set(names)
    const segments: Segment[] = []
    for (const [index, name] of names.entries()) {
      if (index % NAMES_PER_TURN === NAMES_PER_TURN - 1) await this.#nextTurn()
      const offset = offsetOfFileName(name)
      if (offset >= 0 && name === offsetFileName(offset, LOG_SUFFIX)) {
        segments.push(this.#openSegment(offset, present))
      } else if (isIndexName(name, offset)) {
        if (present.has(offsetFileName(offset, LOG_SUFFIX))) continue
        this.#logger.warn('an index without its segment is removed', { file: name })
        await disk.remove(`${this.#options.directory}/${name}`)
      } else if (!isKnownName(name, offset) && this.#options.ownersFiles?.test(name) !== true) {
        this.#logger.warn('a file that is not part of a log is left alone', { file: name })
      }
    }
    segments.sort((a, b) => a.baseOffset - b.baseOffset)
    for (const segment of segments.slice(0, -1)) segment.isSealed = true
    return segments
  }

  #nextTurn(): Promise<void> {
    return new Promise((turn) => this.#options.resources.clock.defer(turn))
  }

  #openSegment(offset: number, present: ReadonlySet<string>): Segment {
    const { resources, directory, config } = this.#options
    const sizeOf = (suffix: string): number | null => {
      const name = offsetFileName(offset, suffix)
      if (!present.has(name)) return null
      return resources.disk.stat(`${directory}/${name}`)?.sizeBytes ?? null
    }
    const logBytes = sizeOf(LOG_SUFFIX) ?? 0
    const indexBytes = sizeOf(INDEX_SUFFIX)
    const timeIndexBytes = sizeOf(TIME_INDEX_SUFFIX)
    const txnIndexBytes = sizeOf(TXN_INDEX_SUFFIX)
    const segment = new Segment(resources, {
      directory,
      baseOffset: offset,
      logBytes,
      indexBytes,
      timeIndexBytes,
      txnIndexBytes,
      rollJitterMs: rollJitterMs(resources.random, config),
    })
    if (
      !isPlausible(indexBytes, OFFSET_ENTRY_BYTES, logBytes) ||
      !isPlausible(timeIndexBytes, TIME_ENTRY_BYTES, logBytes)
    ) {
      this.#unindexed.add(segment)
    }
    return segment
  }

  /** Checks segments that hold offsets >= `recoverFrom`, rebuilds what cannot be believed. */
  async #recover(recoverFrom: number): Promise<void> {
    const { all } = this.#segments
    const active = all.at(-1)
    if (active !== undefined && !hasPlausibleEnd(active)) this.#unindexed.add(active)
    let firstDirty =
      recoverFrom === Infinity ? all.length : Math.max(0, this.#segments.floorIndex(recoverFrom))

    for (const segment of all.slice(0, firstDirty)) {
      if (this.#unindexed.has(segment)) await this.#rebuildIndexes(segment)
    }
    if (active !== undefined && firstDirty === all.length && !(await this.#endsWell(active))) {
      firstDirty--
    }
    const lastClean = all[firstDirty - 1]
    // It may have been rolled when the recovery point was there already.
    if (lastClean?.isSealed === true && recoverFrom !== Infinity) {
      await lastClean.sealAgain(all[firstDirty]!.baseOffset)
    }
    await this.#checkTransactionIndexes(all.slice(0, firstDirty))
    const stateFrom = all[firstDirty]?.baseOffset ?? this.#cleanEnd ?? 0
    await recoverProducerState(this.#producerRecovery(all.slice(0, firstDirty), stateFrom))
    // Later ones may know of batches that a power cut took, though the log goes on after them.
    const untrusted = this.#mayHaveGaps ? stateFrom : Infinity
    for (const path of this.#snapshots.forget((offset) => offset > untrusted)) {
      await this.#options.resources.disk.remove(path)
    }
    for (let index = firstDirty; index < this.#segments.all.length; index++) {
      if (!(await this.#recoverSegment(index))) {
        await this.#dropSegments(index + 1)
        this.#segments.active.isSealed = false
        break
      }
    }
  }

  /**
   * Compaction takes whole batches away. In other logs a segment that ends before the next one begins has
   * lost its last pages in a crash, and what comes after the hole was never durable.
   */
  get #mayHaveGaps(): boolean {
    const { cleanedTo, config } = this.#options
    return cleanedTo !== null || config.cleanupPolicy.includes('compact')
  }

  /**
   * Whether what a segment lacks from `offset` on may have been compacted away. That is done only to what
   * is durable, and the recovery point says so before. Without any checkpoint nobody knows; nor of what
   * another broker wrote, which may have been compacted, or copied from where it was, a moment before.
   */
  #mayBeGap(offset: number): boolean {
    const { cleanedTo, recoveryPoint, wasOurs } = this.#options
    if (!wasOurs) return true
    if (!this.#mayHaveGaps) return false
    const isKnown = cleanedTo !== null || recoveryPoint > 0
    return !isKnown || offset < Math.max(recoveryPoint, cleanedTo ?? 0)
  }

  /** Recovery is going to build those of later segments anew. */
  async #checkTransactionIndexes(segments: readonly Segment[]): Promise<void> {
    for (const [index, segment] of segments.entries()) {
      if (segment.txnIndex.count === 0) continue
      const endOffset = this.#segments.all[index + 1]?.baseOffset ?? Infinity
      const fault = await segment.txnIndex.fault(endOffset)
      if (fault === null) continue
      this.#logger.warn('a transaction index is faulty and is rebuilt', {
        file: segment.file.path,
        fault,
      })
      const state = new ProducerState(this.#options.name)
      const recovery = this.#producerRecovery(segments, segment.baseOffset)
      await recoverProducerState({ ...recovery, state, isClean: false })
      segment.txnIndex.reset()
      await segment.scan(0, false, (buffer, position) => {
        for (const aborted of state.replay(buffer, position)) segment.txnIndex.append(aborted)
        return true
      })
      await segment.sync()
    }
  }

  #producerRecovery(segments: readonly Segment[], endOffset: number): ProducerRecovery {
    const { resources, producerIdExpirationMs, isClean } = this.#options
    return {
      state: this.#producerState,
      snapshots: this.#snapshots,
      segments,
      endOffset,
      nowMs: resources.clock.now(),
      expirationMs: producerIdExpirationMs,
      isClean,
      logger: this.#logger,
    }
  }

  /**
   * Whether what would be appended to follows a whole batch. Behind anything else it would be lost with the
   * next recovery, however the broker stopped.
   */
  async #endsWell(active: Segment): Promise<boolean> {
    const { nextOffset, fault } = await active.readEnd()
    if (fault === null) {
      this.#cleanEnd = nextOffset
      return true
    }
    this.#logger.warn('a log that was closed does not end with a batch; it is recovered', {
      file: active.file.path,
      reason: fault,
    })
    return false
  }

  async #rebuildIndexes(segment: Segment): Promise<void> {
    this.#logger.warn('a segment has no usable index; it is rebuilt', { file: segment.file.path })
    await segment.rebuildIndexes(this.#options.config.indexIntervalBytes)
    if (segment.isSealed) segment.seal()
    // Should this process be killed, the next one finds nothing wrong, though it is in the page cache only.
    await segment.sync()
  }

  /** @returns Whether all of it was good; otherwise it was cut and nothing after it counts. */
  async #recoverSegment(index: number): Promise<boolean> {
    const segment = this.#segments.all[index]!
    const next = this.#segments.all[index + 1]
    const { indexIntervalBytes } = this.#options.config
    let expected = segment.baseOffset
    let end = 0
    let fault: string | null = null
    segment.resetIndexes()
    segment.txnIndex.reset()
    segment.noteUnsynced()
    const result = await segment.scan(0, true, (buffer, at, size, position) => {
      const first = baseOffset(buffer, at)
      const last = lastOffset(buffer, at)
      if (first < expected || last < first || !segment.canHold(last)) {
        fault = `offsets ${first} to ${last} where ${expected} or later is expected`
      } else if (next !== undefined && last >= next.baseOffset) {
        fault = `offset ${last}, which belongs to the next segment`
      }
      if (fault !== null) return false
      segment.noteBatch(buffer, at, size, position, indexIntervalBytes)
      this.#leaderEpochs.assignIfNewer(partitionLeaderEpoch(buffer, at), first)
      if (last >= this.#producerState.endOffset) {
        for (const aborted of this.#producerState.replay(buffer, at)) {
          segment.txnIndex.append(aborted)
        }
      }
      expected = last + 1
      end = position + size
      return true
    })
    if (segment.isSealed) segment.seal()
    if (next !== undefined && expected !== next.baseOffset && !this.#mayBeGap(expected)) {
      fault ??= `no offsets ${expected} to ${next.baseOffset - 1}: the end of the file is lost`
    }
    const reason = fault ?? result.fault
    if (reason === null) return true
    // What follows the last offset that the segment can have is padding.
    const isWhole = fault === null && expected === next?.baseOffset
    this.#logger.warn('the log is cut at its first bad byte', {
      file: segment.file.path,
      position: end,
      removedBytes: segment.sizeBytes - end,
      reason,
    })
    segment.cutAt(end)
    // At once: if the log rolls here, recovery does not look before the new segment again, and after a
    // power cut what was cut off would be back.
    await segment.syncLog()
    return isWhole
  }

  /** Makes sure there is an active segment, and that the log does not end before it starts. */
  async #settleEnd(): Promise<number> {
    const { resources, directory, logStartOffset, config } = this.#options
    if (this.#segments.all.length > 0) {
      const logEndOffset = this.#cleanEnd ?? (await this.#segments.active.readEnd()).nextOffset
      if (logEndOffset >= logStartOffset) return logEndOffset
      this.#logger.warn('the log ends before its log start offset and is begun anew there', {
        logEndOffset,
        logStartOffset,
      })
      await this.#dropSegments(0)
      this.#leaderEpochs.clear()
      // They tell of producers up to the records that are lost, as if those were their latest.
      for (const path of this.#snapshots.forget(() => true)) await resources.disk.remove(path)
    }
    this.#segments.add(beginSegment(resources, directory, logStartOffset, config))
    // A log without a segment has a folder that is new as well.
    this.#changedDirectories.add(directory).add(parentOf(directory))
    this.#producerState.clear(logStartOffset)
    return logStartOffset
  }

  async #dropSegments(from: number): Promise<void> {
    const dropped = this.#segments.removeFrom(from)
    if (dropped.length === 0) return
    const { directory, resources } = this.#options
    // The last one first: should this be interrupted, no hole is left.
    for (const segment of dropped.toReversed()) {
      this.#logger.warn('a segment is removed', { file: segment.file.path })
      for (const path of segment.markDeleted()) await resources.disk.remove(path)
    }
    // What is appended in their place must not meet them again.
    await resources.disk.syncDirectory(directory)
  }

  /** Keeps one snapshot a segment, and the newest. */
  async #removeStraySnapshots(logStartOffset: number, logEndOffset: number): Promise<void> {
    const { latest } = this.#snapshots
    const baseOffsets = new Set(this.#segments.all.map((segment) => segment.baseOffset))
    const strays = this.#snapshots.forget(
      (offset) =>
        offset > logEndOffset ||
        (offset !== latest && (offset < logStartOffset || !baseOffsets.has(offset))),
    )
    for (const path of strays) await this.#options.resources.disk.remove(path)
  }
}

/** Whether an index of this size can belong to a segment of that one. A missing one cannot. */
function isPlausible(indexBytes: number | null, entryBytes: number, logBytes: number): boolean {
  if (indexBytes === null) return logBytes === 0
  if (indexBytes % entryBytes !== 0) return false
  return indexBytes / entryBytes <= Math.ceil(logBytes / SMALLEST_BATCH_BYTES)
}

/** Whether the last entries, which everything appended from now on follows, lie within the segment. */
function hasPlausibleEnd(segment: Segment): boolean {
  const last = segment.offsetIndex.lastEntry()
  if (last !== null && (last.position >= segment.sizeBytes || last.position <= 0)) return false
  const newest = segment.timeIndex.lastEntry()
  return newest.offset >= segment.baseOffset && newest.timestamp >= -1
}

function isIndexName(name: string, offset: number): boolean {
  if (offset < 0) return false
  return [INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX].some(
    (suffix) => name === offsetFileName(offset, suffix),
  )
}

function isKnownName(name: string, offset: number): boolean {
  if ([PARTITION_METADATA, LEADER_EPOCH_CHECKPOINT, MOVED_FROM].includes(name)) return true
  return offset >= 0 && name === offsetFileName(offset, SNAPSHOT_SUFFIX)
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}
