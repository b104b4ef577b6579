import { KafkaError } from '@ottla/protocol'
import type { Logger } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import { BackgroundWork } from './background-work.ts'
import { absolutePaths, checkDirectories } from './check-directories.ts'
import type { DirectoryDescription } from './directory-description.ts'
import { describeDirectories } from './directory-description.ts'
import type { DirectoryFailure } from './directory-failures.ts'
import { CONCURRENT_LOADS_MAX, LOGS_PER_TURN_MAX } from './limits.ts'
import type { LogConfig } from './log-config.ts'
import { defaultLogConfig } from './log-config.ts'
import { LogCleaner } from './compaction/log-cleaner.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import type { CheckpointedLog, LogDirectory } from './log-directory.ts'
import { LogMoves } from './log-moves.ts'
import { LogPlacement } from './log-placement.ts'
import type { LogManagerOptions, LogRequest } from './log-manager-options.ts'
import { PRODUCER_ID_EXPIRATION_MS } from './log-options.ts'
import { Log } from './log.ts'
import type { OfflineDirectory } from './open-directories.ts'
import { openDirectories } from './open-directories.ts'
import type { ManagedLog } from './managed-log.ts'
import { discard } from './managed-log.ts'
import { PastMoves } from './past-moves.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { findFolders } from './partition-folders.ts'
import type { PartitionName } from './paths.ts'
import { PerTurn } from './per-turn.ts'
import {
  DELETE_DIRECTORY_SUFFIX,
  STRAY_DIRECTORY_SUFFIX,
  partitionDirectoryName,
  retiredDirectoryName,
} from './paths.ts'
import type { StorageResources } from './resources.ts'
import { createStorageResources } from './resources.ts'
import { scheduleLogWork } from './schedule-log-work.ts'
import { storageError } from './storage-error.ts'
import { Turns } from './turns.ts'

/**
 * All logs of a broker: its data directories, which partitions are in them, and the work that is done
 * in the background: retention, checkpoints, expiry of producers, deletion.
 *
 * After a clean stop all logs are opened from the moment of `open` on, several at a time; whoever asks
 * for one waits for that one only. After an unclean stop each is recovered when it is asked for: how,
 * depends on the topic's settings, which the metadata log has.
 */
export class LogManager {
  readonly resources: StorageResources
  /** `producer.id.expiration.ms`; may be changed. */
  producerIdExpirationMs: number
  /** Compacts the logs whose `cleanup.policy` has `compact`. */
  readonly cleaner: LogCleaner
  /** Logs on their way from one data directory to another. */
  readonly moves: LogMoves
  readonly #options: LogManagerOptions
  readonly #logger: Logger
  /** Those whose disks work. */
  #directories: readonly LogDirectory[]
  readonly #offline: OfflineDirectory[]
  readonly #logs: Map<string, ManagedLog> = new Map()
  readonly #placement: LogPlacement
  readonly #checkpoints: LogCheckpoints
  readonly #pastMoves: PastMoves
  readonly #loads: Turns = new Turns(CONCURRENT_LOADS_MAX)
  readonly #creations: PerTurn
  readonly #openings: PerTurn
  readonly #work: BackgroundWork
  readonly #clusterId: string
  #brokerEpoch = -1
  #isTrusted = true
  #closing: Promise<void> | null = null

  private constructor(
    options: LogManagerOptions,
    resources: StorageResources,
    directories: readonly LogDirectory[],
    offline: readonly OfflineDirectory[],
  ) {
    this.#options = options
    this.resources = resources
    this.producerIdExpirationMs = options.producerIdExpirationMs ?? PRODUCER_ID_EXPIRATION_MS
    this.#logger = options.logger.child('logs')
    this.#directories = directories
    this.#work = new BackgroundWork(resources.clock, this.#logger)
    this.#offline = [...offline]
    this.#clusterId = directories[0]!.properties.clusterId
    this.#creations = new PerTurn(resources.clock, LOGS_PER_TURN_MAX)
    this.#openings = new PerTurn(resources.clock, LOGS_PER_TURN_MAX)
    resources.directoryFailures.subscribe((failure) => this.#takeOffline(failure))
    this.#placement = new LogPlacement(
      absolutePaths(options.disk, options.cordonedDirectories ?? []),
    )
    this.cleaner = new LogCleaner({
      clock: resources.clock,
      logger: options.logger,
      settings: options.cleaner ?? {},
      logs: () => this.logs,
      checkpoint: (log) => this.#checkpointCleaned(log),
    })
    const online = (): readonly LogDirectory[] => this.#directories
    const logsIn = (directory: LogDirectory): CheckpointedLog[] => this.#allIn(directory)
    this.#checkpoints = new LogCheckpoints(online, logsIn)
    const shared = { resources, logger: this.#logger, work: this.#work }
    const moves = {
      ...shared,
      cleaner: this.cleaner,
      placement: this.#placement,
      producerIdExpirationMs: () => this.producerIdExpirationMs,
      online,
      offline: () => this.#offline.map(({ directory }) => directory),
      find: (one: PartitionName) =>
        this.#logs.get(partitionDirectoryName(one.topic, one.partition)),
      checkpoint: (directory: LogDirectory) => this.#checkpoints.of(directory),
      logsIn,
    }
    this.moves = new LogMoves(moves, directories.length)
    this.#pastMoves = new PastMoves(shared)
  }

  /**
   * Takes the data directories and begins to open their logs.
   *
   * @throws DataDirectoryError when one is in use or belongs to another broker or cluster, or none can
   *   be used
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const resources = createStorageResources(options)
    const paths = absolutePaths(options.disk, options.directories)
    checkDirectories(paths)
    const { online, offline } = await openDirectories(resources, paths, {
      nodeId: options.nodeId,
      clusterId: options.clusterId ?? null,
    })
    const manager = new LogManager(options, resources, online, offline)
    try {
      for (const directory of online) manager.#findLogs(directory)
      await manager.#pastMoves.clearUp(manager.#logs.values(), online, () => manager.checkpoint())
    } catch (error) {
      for (const directory of online) directory.release()
      throw error
    }
    for (const managed of manager.#logs.values()) {
      const { cleanShutdown } = managed.directory
      if (cleanShutdown !== null) void manager.#open(managed, defaultLogConfig, false)
    }
    scheduleLogWork(options, manager.#work, manager.#checkpoints, manager)
    manager.cleaner.start()
    return manager
  }

  get clusterId(): string {
    return this.#clusterId
  }

  get directoryIds(): readonly string[] {
    return this.#directories.map(({ properties }) => properties.directoryId)
  }

  /** Directories whose disks failed, at the start or since; a restart tries them again. */
  get offlineDirectories(): readonly OfflineDirectory[] {
    return this.#offline
  }

  /** The data directories and what is in them: the sizes are as of this moment. */
  get directories(): readonly DirectoryDescription[] {
    const online = this.#directories.map((directory) => ({
      directory,
      isCordoned: this.#placement.isCordoned(directory.path),
      current: this.#logsIn(directory),
      future: this.moves.copiesIn(directory),
    }))
    return describeDirectories(this.resources.disk, online, this.#offline)
  }

  /**
   * Moves a log to another data directory, while it is used; resolves once that has begun. To where it
   * is: a move elsewhere is given up.
   *
   * @throws KafkaError as `LogMoves.moveTo`
   */
  async moveTo(topic: string, partition: number, path: string): Promise<void> {
    this.#requireOpen()
    await this.moves.moveTo({ topic, partition }, path)
  }

  /** The id of the data directory that the partition's log is in; undefined: there is no such log. */
  directoryOf(topic: string, partition: number): string | undefined {
    const managed = this.#logs.get(partitionDirectoryName(topic, partition))
    return managed?.directory.properties.directoryId
  }

  get cordonedDirectoryIds(): readonly string[] {
    return this.#directories
      .filter(({ path }) => this.#placement.isCordoned(path))
      .map(({ properties }) => properties.directoryId)
  }

  /** `cordoned.log.dirs` changed: these paths get no new logs. */
  cordon(paths: readonly string[]): void {
    this.#placement.cordon(absolutePaths(this.resources.disk, paths))
  }

  /** The registration under which the broker stopped cleanly; -1: it did not, or had none. */
  get previousBrokerEpoch(): number {
    const epochs = this.#directories.map(({ cleanShutdown }) => cleanShutdown?.brokerEpoch ?? -1)
    return epochs.every((epoch) => epoch === epochs[0]) ? (epochs[0] ?? -1) : -1
  }

  /** What a clean stop writes down. */
  set brokerEpoch(epoch: number) {
    this.#brokerEpoch = epoch
  }

  /** After a broken invariant: the stop is not marked as clean, so that the next start checks all. */
  distrust(): void {
    this.#isTrusted = false
  }

  /** Those that are open. */
  get logs(): readonly Log[] {
    return [...this.#logs.values()]
      .map(({ log, retiring }) => (retiring === null ? log : null))
      .filter((log) => log !== null)
  }

  get(topic: string, partition: number): Log | undefined {
    const managed = this.#logs.get(partitionDirectoryName(topic, partition))
    return managed?.retiring === null ? (managed.log ?? undefined) : undefined
  }

  /** As of the last stop; 0: not known. */
  checkpointedHighWatermark(topic: string, partition: number): number {
    const managed = this.#logs.get(partitionDirectoryName(topic, partition))
    return managed?.directory.highWatermark(topic, partition) ?? 0
  }

  /**
   * The partition's log with these settings, made when there is none: where a directory fails, in
   * another.
   *
   * @throws KafkaError INCONSISTENT_TOPIC_ID when the folder is of another topic of that name,
   *   KAFKA_STORAGE_ERROR
   */
  async getOrCreate(request: LogRequest): Promise<Log> {
    const { topic, partition, topicId, config } = request
    const name = partitionDirectoryName(topic, partition)
    if (!this.#logs.has(name)) await this.#creations.turn()
    this.#requireOpen()
    let managed = this.#logs.get(name)
    while (managed !== undefined && managed.retiring !== null) {
      await managed.retiring
      managed = this.#logs.get(name)
    }
    if (managed === undefined) {
      managed = this.#create(request)
      void this.#open(managed, config, true)
    }
    managed.isClaimed = true
    if (managed.topicId === null) {
      managed.topicId = topicId
      writePartitionMetadata(this.resources.disk, `${managed.directory.path}/${name}`, topicId)
    } else if (managed.topicId !== topicId) {
      throw new KafkaError(
        'INCONSISTENT_TOPIC_ID',
        `the log of ${name} is of topic id ${managed.topicId}, not ${topicId}`,
      )
    }
    try {
      const log = await (managed.opening ?? this.#open(managed, config, false))
      log.updateConfig(config)
      return log
    } catch (error) {
      throw storageError(error, name)
    }
  }

  /** Takes a partition's log away; its files go after `file.delete.delay.ms`. */
  async delete(topic: string, partition: number): Promise<void> {
    const log = await this.#retire(topic, partition, DELETE_DIRECTORY_SUFFIX)
    if (log === null) return
    this.#work.later(log.config.fileDeleteDelayMs, () => this.#removeTree(log.path))
  }

  /** Puts a partition's log aside that the metadata does not know: an operator may want it back. */
  async setAside(topic: string, partition: number): Promise<void> {
    const log = await this.#retire(topic, partition, STRAY_DIRECTORY_SUFFIX)
    if (log !== null) this.#logger.warn('a stray log is put aside', { path: log.path })
  }

  /** Logs that were there at the start and that nobody has asked for since. */
  unclaimed(): readonly PartitionName[] {
    return [...this.#logs.values()].filter(({ isClaimed }) => !isClaimed)
  }

  /** Writes all checkpoints now. */
  async checkpoint(): Promise<void> {
    await this.#checkpoints.all()
  }

  /**
   * Writes the log start offsets now: resolves once they are on disk, and with them whatever
   * `deleteRecordsBefore` did before this call, but for logs whose directory failed (`isFailed`).
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  async checkpointLogStartOffsets(): Promise<void> {
    await this.#checkpoints.logStartOffsets()
  }

  /** Deletes what retention allows, of all logs. */
  async enforceRetention(): Promise<void> {
    for (const log of this.logs) {
      if (this.#closing !== null || log.isFailed || this.cleaner.isCleaning(log)) continue
      try {
        log.deleteOldSegments()
      } catch (error) {
        if (!log.isFailed) this.#logger.error('retention failed', { log: log.name, error })
      }
      // One log at a time: with thousands of them this must not stop the others' requests.
      await new Promise<void>((turn) => this.resources.clock.defer(turn))
    }
  }

  /**
   * Syncs and closes all logs, writes the checkpoints and the clean-shutdown marker, and leaves the
   * directories. Harmless twice. Where something failed there is no marker, and the next start recovers.
   *
   * @throws DiskError when a directory fails now
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #findLogs(directory: LogDirectory): void {
    const { disk } = this.resources
    try {
      const { partitions, deleted } = findFolders(disk, directory.path, this.#logger)
      for (const path of deleted) this.#work.own(this.#removeTree(path))
      for (const found of partitions) {
        const topicId = readPartitionMetadata(disk, found.path, this.#logger)
        if (found.kind === 'future') this.moves.noteFound(directory, found, topicId)
        else this.#manage(directory, found, topicId)
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      directory.watched.fail('list', error)
    }
  }

  #manage(
    directory: LogDirectory,
    { topic, partition }: PartitionName,
    topicId: string | null,
  ): ManagedLog {
    const managed: ManagedLog = {
      topic,
      partition,
      directory,
      topicId,
      opening: null,
      retiring: null,
      log: null,
      isClaimed: false,
    }
    const name = partitionDirectoryName(topic, partition)
    const other = this.#logs.get(name)
    if (other !== undefined) {
      if (this.#pastMoves.choose(managed, other) === other) return other
      this.#forget(other)
    }
    this.#logs.set(name, managed)
    directory.logCount++
    return managed
  }

  #open(managed: ManagedLog, config: LogConfig, isNew: boolean): Promise<Log> {
    const { topic, partition, directory } = managed
    const name = partitionDirectoryName(topic, partition)
    const opening = this.#loads.run(async () => {
      await this.#openings.turn()
      if (isNew) await directory.forget(managed, () => this.#allIn(directory))
      const log = await Log.open({
        resources: this.resources,
        directory: `${directory.path}/${name}`,
        topic,
        partition,
        config,
        cleanedTo: isNew ? null : directory.cleanerOffset(topic, partition),
        logStartOffset: isNew ? 0 : directory.logStartOffset(topic, partition),
        recoveryPoint: isNew ? 0 : directory.recoveryPoint(topic, partition),
        isClean: isNew || directory.cleanShutdown !== null,
        wasOurs: isNew || directory.wasOurs,
        checkpoint: () => this.#checkpoints.of(directory),
        producerIdExpirationMs: () => this.producerIdExpirationMs,
      })
      if (!isNew && log.recoveryPoint < directory.recoveryPoint(topic, partition)) {
        // Before anything is appended: the next recovery would believe it up to the old point.
        await directory.lowerRecoveryPoint(managed, log.recoveryPoint, this.#allIn(directory))
      }
      await this.moves.resume(managed, log)
      return log
    })
    managed.opening = opening
    this.#work.own(
      opening.then(
        (log) => {
          managed.log = log
          log.highWatermark = directory.highWatermark(topic, partition)
        },
        (error: unknown) => {
          // What else its directory has is as lost: that is said once.
          if (error instanceof DiskError) directory.watched.fail(`open ${name}`, error)
          else this.#logger.error('a log cannot be opened', { log: name, error })
        },
      ),
    )
    return opening
  }

  /** Closes a log and renames its folder. */
  async #retire(
    topic: string,
    partition: number,
    suffix: string,
  ): Promise<{ readonly path: string; readonly config: LogConfig } | null> {
    const name = partitionDirectoryName(topic, partition)
    await this.moves.cancel({ topic, partition })
    const managed = this.#logs.get(name)
    if (managed === undefined || managed.retiring !== null) return null
    const uniqueId = this.resources.random.bytes(16).toString('hex')
    const retiredName = retiredDirectoryName(topic, partition, uniqueId, suffix)
    const path = `${managed.directory.path}/${retiredName}`
    managed.retiring = this.#takeAway(managed, `${managed.directory.path}/${name}`, path)
    await managed.retiring
    if (managed.directory.watched.failure !== null) return null
    return { path, config: managed.log?.config ?? defaultLogConfig }
  }

  async #takeAway(managed: ManagedLog, from: string, to: string): Promise<void> {
    const log = await managed.opening?.catch(() => null) // one that cannot be opened can still go
    const { topic, partition } = managed
    await this.cleaner.pause(topic, partition)
    // All that is under way ends before the name is free for another log.
    await log?.discard()
    try {
      this.resources.disk.rename(from, to)
      this.#forget(managed)
      await this.resources.disk.syncDirectory(managed.directory.path)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      // It is found at the next start, when nobody asks for it any more, and put aside then.
      managed.directory.watched.fail(`rename ${from}`, error)
      this.#forget(managed)
    } finally {
      this.cleaner.resume(topic, partition)
    }
  }

  #forget(managed: ManagedLog): void {
    const name = partitionDirectoryName(managed.topic, managed.partition)
    if (this.#logs.get(name) !== managed) return
    this.#logs.delete(name)
    managed.directory.logCount--
  }

  /** The folder of a log that is not there yet, in the emptiest directory that takes it. */
  #create({ topic, partition, topicId, isNew = true }: LogRequest): ManagedLog {
    const name = partitionDirectoryName(topic, partition)
    // One that failed in this very turn counts as well.
    const failed = this.#directories.filter(({ watched }) => watched.failure !== null)
    const offline = [
      ...this.#offline.map(({ directory }) => directory),
      ...failed.map(({ path }) => path),
    ]
    if (!isNew && offline.length > 0) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `the log of ${name} may be in a directory that is offline: ${offline.join(', ')}`,
      )
    }
    for (;;) {
      const directory = this.#choose({ topic, partition })
      const path = `${directory.path}/${name}`
      try {
        this.resources.disk.makeDirectory(path)
        writePartitionMetadata(this.resources.disk, path, topicId)
        this.#placement.forget({ topic, partition })
        this.moves.forget({ topic, partition })
        return this.#manage(directory, { topic, partition }, topicId)
      } catch (error) {
        // Then the next one is tried.
        if (directory.watched.failure === null) throw storageError(error, name)
      }
    }
  }

  /** Its disk failed: its logs are given up, all others go on. */
  #takeOffline(failure: DirectoryFailure): void {
    const directory = this.#directories.find(({ watched }) => watched.path === failure.directory)
    const isKnown = this.#offline.some((offline) => offline.directory === failure.directory)
    if (directory === undefined && isKnown) return
    const offline = { ...failure, id: directory?.properties.directoryId ?? null }
    this.#offline.push(offline)
    if (directory !== undefined) {
      this.#directories = this.#directories.filter((other) => other !== directory)
      this.moves.giveUpIn(directory)
      for (const managed of this.#logsIn(directory)) {
        this.#forget(managed)
        this.#work.own(discard(managed))
      }
      directory.release()
    }
    this.#options.onDirectoryFailure?.(offline)
  }

  async #checkpointCleaned(log: Log): Promise<void> {
    const managed = this.#logs.get(log.name)
    if (managed === undefined) return
    const logs = this.#allIn(managed.directory)
    await managed.directory.checkpointRecoveryPoints(logs)
    await managed.directory.checkpointLogStartOffsets(logs)
    await managed.directory.checkpointCleanerOffsets(logs)
  }

  async #removeTree(path: string): Promise<void> {
    try {
      await this.resources.disk.removeTree(path)
    } catch (error) {
      // Where the directory failed that has been said; the next start tries again.
      if (this.resources.directoryFailures.of(path).failure === null) throw error
      return
    }
    this.#logger.info('a deleted log is gone', { path })
  }

  #choose(partition: PartitionName): LogDirectory {
    const usable = this.#directories.filter(({ watched }) => watched.failure === null)
    if (usable.length === 0) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', 'all log directories are offline')
    }
    if (usable.length === 1) return usable[0]!
    return this.#placement.choose(partition, usable)
  }

  #logsIn(directory: LogDirectory): ManagedLog[] {
    return [...this.#logs.values()].filter((managed) => managed.directory === directory)
  }

  /** Its logs, and copies of others that are being moved here. */
  #allIn(directory: LogDirectory): CheckpointedLog[] {
    return [...this.#logsIn(directory), ...this.moves.copiesIn(directory)]
  }

  #requireOpen(): void {
    if (this.#closing === null) return
    throw new KafkaError('KAFKA_STORAGE_ERROR', 'the broker is stopping; its logs are closed')
  }

  async #close(): Promise<void> {
    await this.moves.close()
    await this.cleaner.stop()
    await this.#work.stop()
    const directories = this.#directories
    const usable = directories.filter(({ watched }) => watched.failure === null)
    const unclean = new Set<LogDirectory>()
    const turns = new Turns(CONCURRENT_LOADS_MAX)
    const closing = Array.from(this.#logs.values(), async ({ log, directory, retiring }) => {
      // One that nobody asked for after an unclean stop has not been recovered.
      if (log === null || log.isFailed) unclean.add(directory)
      if (log === null || retiring !== null) return
      try {
        await turns.run(() => log.close())
      } catch (error) {
        unclean.add(directory)
        if (directory.watched.failure === null) {
          this.#logger.error('a log could not be closed', { log: log.name, error })
        }
      }
    })
    await Promise.all(closing)
    try {
      await this.checkpoint()
      await this.#checkpoints.forEach(async (directory) => {
        if (this.#isTrusted && !unclean.has(directory)) await directory.markClean(this.#brokerEpoch)
      })
    } finally {
      for (const directory of directories) directory.release()
    }
    for (const { watched } of usable) {
      if (watched.failure !== null) throw watched.failure.error
    }
  }
}
