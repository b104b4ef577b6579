import { KafkaError } from '@ottla/protocol'
import * as batch from '@ottla/records'
import type { Logger } from '@ottla/runtime'
import { DiskError, assert } from '@ottla/runtime'
import { abortedTransactions, mayHaveAborted } from './aborted-transactions.ts'
import type { AppendResult, LeaderAppend } from './append-result.ts'
import { endOfRecords } from './append-result.ts'
import { CompactableLog } from './compaction/compactable-log.ts'
import type { WatchedDirectory } from './directory-failures.ts'
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { isNever } from './log-config.ts'
import { LogFiles } from './log-files.ts'
import { LogFlusher } from './log-flusher.ts'
import type { LoadedLog } from './log-loader.ts'
import { loadLog } from './log-loader.ts'
import type { LogOptions } from './log-options.ts'
import { expirationOf, loadOptionsOf } from './log-options.ts'
import type { LogRead } from './log-reader.ts'
import { LogReader } from './log-reader.ts'
import type { LogSlice } from './log-slice.ts'
import { emptySlice } from './log-slice.ts'
import { LogSuccession } from './log-succession.ts'
import { LogTail } from './log-tail.ts'
import { partitionDirectoryName } from './paths.ts'
import { recallBatches } from './producer-recall.ts'
import type { PreparedAppend, ProducerState } from './producer-state.ts'
import type { StorageResources } from './resources.ts'
import { expiredCount } from './retention.ts'
import { mustRoll, rollJitterMs } from './rolling.ts'
import type { SegmentList } from './segment-list.ts'
import { notOpenError, outOfRangeError, storageError } from './storage-error.ts'
import { findByTimestamp, findMaxTimestamp } from './time-lookup.ts'
import type { TimestampedOffset } from './time-lookup.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { undisturbed } from './undisturbed.ts'
import { validateLeaderAppend } from './validate-leader-append.ts'

/**
 * One partition's log: the records in the order of their offsets, on disk in Kafka's files.
 *
 * Appends are synchronous: they are in the page cache, and visible to reads, when the call returns.
 *
 * Invariants
 *   logStartOffset <= recoveryPoint or highWatermark <= logEndOffset
 *   an append that throws has changed nothing
 *   every byte before logEndOffset was checked when it came, or when the log was recovered
 */
export class Log {
  readonly topic: string
  readonly partition: number
  /** What the log cleaner works on. */
  readonly compaction: CompactableLog
  /** For a move to another data directory. */
  readonly succession: LogSuccession
  readonly #resources: StorageResources
  readonly #logger: Logger
  /** The data directory that it is in. */
  readonly #home: WatchedDirectory
  readonly #name: string
  readonly #segments: SegmentList
  readonly #files: LogFiles
  readonly #producerState: ProducerState
  readonly #leaderEpochs: LeaderEpochs
  readonly #flusher: LogFlusher
  readonly #tail: LogTail
  readonly #reader: LogReader
  readonly #producerIdExpirationMs: () => number
  readonly #directory: string
  readonly #checkpoint: () => Promise<void>
  #config: LogConfig
  #logStartOffset: number
  #logEndOffset: number
  #highWatermark: number
  /** Counts cuts and deletions: what was read from a file before one may not be there any more. */
  #removals = 0
  #isTruncating = false
  #state: 'open' | 'failed' | 'closed' = 'open'

  private constructor(options: LogOptions, loaded: LoadedLog, logger: Logger) {
    const { resources, topic, partition } = options
    this.topic = topic
    this.partition = partition
    this.#resources = resources
    this.#logger = logger
    this.#home = resources.directoryFailures.of(options.directory)
    this.#name = partitionDirectoryName(topic, partition)
    this.#directory = options.directory
    this.#config = options.config
    this.#checkpoint = options.checkpoint ?? (() => Promise.resolve())
    this.#segments = loaded.segments
    this.#producerState = loaded.producerState
    this.#producerState.recall = (entry) => recallBatches(this.#segments, entry)
    this.#leaderEpochs = loaded.leaderEpochs
    this.#logStartOffset = loaded.logStartOffset
    this.#logEndOffset = loaded.logEndOffset
    this.#highWatermark = loaded.logStartOffset
    this.#producerIdExpirationMs = expirationOf(options)
    this.#flusher = new LogFlusher({
      disk: resources.disk,
      clock: resources.clock,
      segments: loaded.segments,
      leaderEpochs: loaded.leaderEpochs,
      recoveryPoint: loaded.recoveryPoint,
      directories: loaded.changedDirectories,
      files: loaded.unsyncedFiles,
      logEndOffset: () => this.#logEndOffset,
      onFlushed: resources.onFlushed,
      onFailure: (error) => this.#fail(error),
    })
    this.#files = new LogFiles({
      resources,
      directory: options.directory,
      loaded,
      flusher: this.#flusher,
      logger,
    })
    this.succession = new LogSuccession(loaded, this.#flusher, this.#files)
    this.#tail = new LogTail(resources.tailMemory)
    this.#reader = new LogReader(loaded.segments, resources.readBuffers)
    this.compaction = new CompactableLog({
      log: this,
      segments: loaded.segments,
      files: this.#files,
      cleanedTo: options.cleanedTo ?? null,
      onReplaced: (endOffset) => this.#onCompacted(endOffset),
      onFailure: (error) => this.#fail(error),
    })
  }

  /** Opens the log in `directory`, recovering it if need be. */
  static async open(options: LogOptions): Promise<Log> {
    const name = partitionDirectoryName(options.topic, options.partition)
    const logger = options.resources.logger.child('log', { partition: name })
    return new Log(options, await loadLog(loadOptionsOf(options, name, logger)), logger)
  }

  /** `<topic>-<partition>` */
  get name(): string {
    return this.#name
  }

  get directory(): string {
    return this.#directory
  }

  get config(): LogConfig {
    return this.#config
  }

  /** The first offset that may be read. */
  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The offset that the next record gets. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Everything before it is on the device. */
  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint
  }

  /** Below it all in-sync replicas have the log; kept here for retention and the checkpoint. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /**
   * The broker's to set, between log start and log end offset. It moves back only when a replica's log
   * is cut.
   */
  set highWatermark(offset: number) {
    this.#highWatermark = Math.min(Math.max(offset, this.#logStartOffset), this.#logEndOffset)
    this.#producerState.onHighWatermark(this.#highWatermark)
  }

  /** What a reader of committed records may see: up to the first open transaction (KIP-98). */
  get lastStableOffset(): number {
    const unstable = this.#producerState.firstUnstableOffset
    if (unstable === -1) return this.#highWatermark
    return Math.min(this.#highWatermark, Math.max(unstable, this.#logStartOffset))
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  get firstSegmentOffset(): number {
    return this.#segments.first.baseOffset
  }

  /** Whether it takes no more requests until it is opened anew. */
  get isFailed(): boolean {
    return this.#state === 'failed' || this.#home.failure !== null
  }

  get segmentCount(): number {
    return this.#segments.all.length
  }

  get producers(): ProducerState['entries'] {
    return this.#producerState.entries
  }

  /** The epoch of the latest batch; -1: none. */
  get latestEpoch(): number {
    return this.#leaderEpochs.latestEpoch
  }

  /** The epoch that wrote `offset`; -1: not known. */
  epochAt(offset: number): number {
    return this.#leaderEpochs.epochAt(offset)
  }

  /** Notes that this replica leads from the log end offset on, before it has appended anything. */
  beginEpoch(epoch: number): void {
    this.#leaderEpochs.assign(epoch, this.#logEndOffset)
  }

  /** As OffsetForLeaderEpoch asks. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#leaderEpochs.endOffsetFor(epoch, this.#logEndOffset)
  }

  /** Holds from the next append, roll and retention check on; a shorter `flush.ms` at once. */
  updateConfig(config: LogConfig): void {
    const { segmentJitterMs, segmentMs } = this.#config
    this.#config = config
    if (config.segmentJitterMs !== segmentJitterMs || config.segmentMs !== segmentMs) {
      this.#files.active.rollJitterMs = rollJitterMs(this.#resources.random, config)
    }
    this.#flusher.configure(config)
  }

  /**
   * Appends a producer's batch, or the broker's own batches: checks them, assigns offsets, leader epoch
   * and (if the topic says so) time in place, and writes them. `records` is changed and not kept: its
   * memory may be used again when the call returns.
   *
   * A batch that repeats one of its producer's last five is not appended again: the answer says where
   * it is (`isDuplicate`).
   *
   * @throws KafkaError what `validateProduced` of @ottla/records throws (CORRUPT_MESSAGE, INVALID_RECORD,
   *   INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, UNSUPPORTED_COMPRESSION_TYPE), RECORD_LIST_TOO_LARGE above
   *   `segment.bytes`, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE,
   *   TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR when the disk fails
   */
  appendAsLeader(records: Buffer, { leaderEpoch, origin }: LeaderAppend): AppendResult {
    this.#requireOpen()
    const validated = validateLeaderAppend(records, {
      baseOffset: this.#logEndOffset,
      leaderEpoch,
      origin,
      nowMs: this.#resources.clock.now(),
      where: this.#name,
      config: this.#config,
    })
    const prepared = this.#producerState.prepare(validated.bytes, origin)
    if (!('entries' in prepared)) {
      const { baseOffset, lastOffset, timestamp } = prepared
      return {
        baseOffset,
        lastOffset,
        logAppendTimeMs: timestamp,
        logStartOffset: this.#logStartOffset,
        isDuplicate: true,
        // The first attempt may still be on its way to the device.
        durable: isNever(this.#config.flushMessages) ? null : this.#flusher.syncSoon(),
      }
    }
    const baseOffset = this.#logEndOffset
    this.#leaderEpochs.assign(leaderEpoch, baseOffset)
    this.#write(validated.bytes, baseOffset, validated.lastOffset, validated.maxTimestamp, prepared)
    return {
      baseOffset,
      lastOffset: validated.lastOffset,
      logAppendTimeMs: validated.logAppendTimeMs,
      logStartOffset: this.#logStartOffset,
      isDuplicate: false,
      durable: this.#flusher.noteAppend(
        validated.lastOffset - baseOffset + 1,
        validated.bytes.length,
        this.#config,
      ),
    }
  }

  /**
   * Appends batches that a leader sent, as they are: their offsets and epochs are kept. Whole batches
   * only; CRCs are checked.
   *
   * @throws KafkaError CORRUPT_MESSAGE, OFFSET_OUT_OF_RANGE when they begin before the log end offset,
   *   KAFKA_STORAGE_ERROR
   */
  appendAsFollower(records: Buffer): AppendResult {
    this.#requireOpen()
    const { lastOffset, maxTimestamp } = endOfRecords(records, this.#logEndOffset, this.#name)
    const baseOffset = batch.baseOffset(records, 0)
    const prepared = this.#producerState.prepare(records, 'replication')
    assert('entries' in prepared, 'replicated batches are not looked up as duplicates')
    for (let at = 0; at < records.length; at += batch.batchSizeBytes(records, at)) {
      const epoch = batch.partitionLeaderEpoch(records, at)
      this.#leaderEpochs.assignIfNewer(epoch, batch.baseOffset(records, at))
    }
    this.#write(records, baseOffset, lastOffset, maxTimestamp, prepared)
    return {
      baseOffset,
      lastOffset,
      logAppendTimeMs: -1,
      logStartOffset: this.#logStartOffset,
      isDuplicate: false,
      durable: this.#flusher.noteAppend(lastOffset - baseOffset + 1, records.length, this.#config),
    }
  }

  /**
   * Whole batches from the one that holds `offset` on. At once when they are in memory, else a promise.
   *
   * @throws KafkaError OFFSET_OUT_OF_RANGE, at once, outside of log start and log end offset;
   *   KAFKA_STORAGE_ERROR when the disk fails
   */
  read(request: LogRead): LogSlice | Promise<LogSlice> {
    this.#requireOpen()
    const { offset, maxBytes, minOneBatch } = request
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) throw this.#outOfRange(offset)
    this.#tail.noteReader()
    const endOffset = Math.min(request.endOffset, this.#logEndOffset)
    if (offset >= endOffset || (maxBytes <= 0 && !minOneBatch)) return emptySlice(offset)
    const slice = this.#tail.read(offset, maxBytes, endOffset, minOneBatch)
    return slice ?? this.#readFromDisk({ offset, maxBytes, endOffset, minOneBatch })
  }

  /** The first record whose timestamp is `timestamp` or later; null when all are earlier. */
  async findByTimestamp(timestamp: number): Promise<TimestampedOffset | null> {
    return await this.#undisturbed(() =>
      findByTimestamp(this.#segments, timestamp, this.#logStartOffset),
    )
  }

  /** The first record with the greatest timestamp; null when there is none. */
  async findMaxTimestamp(): Promise<TimestampedOffset | null> {
    return await this.#undisturbed(() => findMaxTimestamp(this.#segments))
  }

  /**
   * The aborted transactions with records or their marker in `[fromOffset, endOffset)`: what a reader of
   * committed records passes over (KIP-98). `endOffset` is not above the last stable offset. At once when
   * no file must be read.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk fails
   */
  abortedTransactions(
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    this.#requireOpen()
    if (!mayHaveAborted(this.#segments, fromOffset, endOffset)) return []
    return this.#undisturbed(() => abortedTransactions(this.#segments, fromOffset, endOffset))
  }

  /** Resolves once everything appended before this call is on the device, indexes included. */
  async flush(): Promise<void> {
    await this.#flusher.flush()
  }

  /** Closes the active segment and begins another; nothing happens when it is empty. */
  roll(): void {
    if (this.#files.active.sizeBytes === 0 || this.#isTruncating) return
    this.#storing(() => this.#files.roll(this.#logEndOffset, this.#config))
    this.#flusher.flushInBackground()
  }

  /**
   * Deletes the oldest segments as `retention.ms`, `retention.bytes` and the log start offset allow,
   * never above the high watermark; none while a compacted one takes its place. When even the active one has expired, it is rolled first.
   *
   * @returns How many.
   */
  deleteOldSegments(): number {
    this.#requireOpen()
    if (this.#isTruncating || this.#files.isReplacing) return 0
    return this.#storing(() => {
      const count = expiredCount({
        segments: this.#segments.all,
        config: this.#config,
        nowMs: this.#resources.clock.now(),
        logStartOffset: this.#logStartOffset,
        logEndOffset: this.#logEndOffset,
        highWatermark: this.#highWatermark,
      })
      if (count === 0) return 0
      if (count === this.#segments.all.length) this.roll()
      this.#moveLogStart(this.#segments.all[count]!.baseOffset)
      this.#removals++
      this.#files.removeFirst(count, this.#config.fileDeleteDelayMs)
      return count
    })
  }

  /**
   * DeleteRecords: records before `offset` are no longer readable; retention removes their segments.
   *
   * @throws KafkaError OFFSET_OUT_OF_RANGE above the high watermark, KAFKA_STORAGE_ERROR
   */
  deleteRecordsBefore(offset: number): void {
    this.#requireOpen()
    if (offset > this.#highWatermark) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `${this.#name}: cannot delete before offset ${offset}, which is above the high watermark ${this.#highWatermark}`,
      )
    }
    this.#moveLogStart(offset)
  }

  /**
   * Removes the batch that holds `offset` and all after it, as a follower does that went astray. Nothing
   * is appended, and nothing deleted, while it lasts. Once it has resolved no power cut brings back what
   * was cut off; one in its midst leaves the log as it was, or shorter, but never with a hole.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  async truncateTo(offset: number): Promise<void> {
    this.#requireOpen()
    if (offset >= this.#logEndOffset) {
      this.#leaderEpochs.truncateFromEnd(this.#logEndOffset)
      await this.#truncating(async () => {})
      return
    }
    if (offset < this.#segments.first.baseOffset) {
      await this.truncateFullyAndStartAt(offset)
      return
    }
    const start = await this.#segments.holding(offset).batchStart(offset)
    this.#noteCut(start)
    await this.#truncating(async () => {
      await this.#files.truncateTo(start, this.#config, this.#producerIdExpirationMs())
      this.#producerState.onHighWatermark(this.#highWatermark)
    })
  }

  /** Removes everything and begins anew at `offset`; otherwise as `truncateTo`. */
  async truncateFullyAndStartAt(offset: number): Promise<void> {
    this.#requireOpen()
    this.#noteCut(offset)
    this.#leaderEpochs.clear()
    this.#producerState.clear(offset)
    this.#logStartOffset = offset
    this.#logEndOffset = offset
    this.#highWatermark = offset
    await this.#truncating(() => this.#files.restart(offset, this.#config))
  }

  /** Forgets idempotent producers that have been silent for `producer.id.expiration.ms`. */
  expireProducers(): void {
    this.#producerState.expire(this.#resources.clock.now(), this.#producerIdExpirationMs())
  }

  /**
   * Writes what a clean start needs, makes it durable, and closes the files. Harmless twice. A log that
   * failed is closed as it is: its next start recovers it.
   */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    if (this.#state === 'open' && !this.isFailed) {
      this.#storing(() => this.#files.seal())
      await this.flush()
    }
    await this.discard()
  }

  /** Closes the files without writing anything more: for a log that is being deleted. */
  async discard(): Promise<void> {
    this.#state = 'closed'
    await this.#flusher.stop()
    this.#tail.clear()
    await this.#files.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #write(
    bytes: Buffer,
    baseOffset: number,
    lastOffset: number,
    maxTimestamp: number,
    prepared: PreparedAppend,
  ): void {
    assert(!this.#isTruncating, 'nothing is appended while the log is being cut')
    this.#storing(() => {
      const { active } = this.#files
      if (mustRoll(active, this.#config, bytes.length, maxTimestamp, lastOffset)) {
        this.#files.roll(baseOffset, this.#config)
        this.#flusher.flushInBackground()
      }
      this.#files.active.append(bytes, this.#config.indexIntervalBytes)
    })
    const aborted = this.#producerState.commit(prepared, lastOffset + 1)
    if (aborted.length > 0) this.#storing(() => this.#files.noteAborted(aborted))
    this.#tail.append(bytes, baseOffset, lastOffset + 1)
    this.#logEndOffset = lastOffset + 1
  }

  #moveLogStart(offset: number): void {
    if (offset <= this.#logStartOffset) return
    this.#logStartOffset = offset
    this.#leaderEpochs.truncateFromStart(offset)
    this.highWatermark = Math.max(this.#highWatermark, offset)
  }

  /** Segments before `endOffset` were replaced: neither places nor aborted records of theirs count. */
  #onCompacted(endOffset: number): void {
    this.#removals++
    this.#reader.forgetPlaces()
    const { baseOffset } = this.#tail
    if (baseOffset !== -1 && baseOffset < endOffset) this.#tail.clear()
  }

  /** Offsets from `offset` on are no longer in the log. */
  #noteCut(offset: number): void {
    this.#removals++
    this.compaction.noteCut(offset)
    this.#tail.clear()
    this.#reader.forgetPlaces()
    this.#flusher.noteTruncation(offset)
    this.#leaderEpochs.truncateFromEnd(offset)
    this.#logEndOffset = offset
    this.#logStartOffset = Math.min(this.#logStartOffset, offset)
    this.#highWatermark = Math.min(this.#highWatermark, offset)
  }

  /** What has been noted is durable before `cut` touches a file: a crash in its midst is recovered from. */
  async #truncating(cut: () => Promise<void>): Promise<void> {
    assert(!this.#isTruncating, 'a log is cut by one caller at a time')
    this.#isTruncating = true
    try {
      await this.#checkpoint()
      await this.#leaderEpochs.writeIfChanged()
      await cut()
    } catch (error) {
      throw this.#fail(error)
    } finally {
      this.#isTruncating = false
      this.#removals++
    }
  }

  async #readFromDisk(request: LogRead): Promise<LogSlice> {
    return await this.#undisturbed(async () => {
      const { offset } = request
      if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
        throw this.#outOfRange(offset)
      }
      const endOffset = Math.min(request.endOffset, this.#logEndOffset)
      return await this.#reader.read({ ...request, endOffset })
    })
  }

  #undisturbed<T>(read: () => Promise<T>): Promise<T> {
    return undisturbed(read, () => this.#removals, this.#name)
  }

  #requireOpen(): void {
    if (this.#state === 'open' && this.#home.failure === null) return
    throw notOpenError(this.#name, this.#state === 'closed', this.#home.failure?.error)
  }

  /** After a failed write nobody knows what is on disk: the log takes no more until it is recovered. */
  #fail(error: unknown): KafkaError {
    const failure = storageError(error, this.#name)
    if (this.#state === 'open' && error instanceof DiskError) {
      this.#state = 'failed'
      if (error.code === 'CLOSED') this.#logger.error('the log failed', { error })
      else this.#home.fail(`change of ${this.#name}`, error)
    }
    return failure
  }

  #storing<T>(change: () => T): T {
    try {
      return change()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      try {
        this.#files.active.dropUnfinishedWrite()
      } catch {
        // Recovery will drop it.
      }
      throw this.#fail(error)
    }
  }

  #outOfRange(offset: number): KafkaError {
    return outOfRangeError(this.#name, this.#logStartOffset, this.#logEndOffset, offset)
  }
}
