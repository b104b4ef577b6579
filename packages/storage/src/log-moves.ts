import { KafkaError } from '@ottla/protocol'
import type { Logger } from '@ottla/runtime'
import type { BackgroundWork } from './background-work.ts'
import type { LogCleaner } from './compaction/log-cleaner.ts'
import { FutureFolderDisk } from './future-folder-disk.ts'
import type { CheckpointedLog, LogDirectory } from './log-directory.ts'
import { LogMove } from './log-move.ts'
import type { LogPlacement } from './log-placement.ts'
import { Log } from './log.ts'
import type { ManagedLog } from './managed-log.ts'
import { MoveThrottle } from './move-throttle.ts'
import { removeMovedFrom } from './moved-from.ts'
import { writePartitionMetadata } from './partition-metadata.ts'
import type { PartitionFolder } from './partition-folders.ts'
import type { PartitionName } from './paths.ts'
import {
  DELETE_DIRECTORY_SUFFIX,
  FUTURE_DIRECTORY_SUFFIX,
  NAME_LENGTH_MAX,
  partitionDirectoryName,
  retiredDirectoryName,
} from './paths.ts'
import type { StorageResources } from './resources.ts'
import { Turns } from './turns.ts'

export interface LogMovesOptions {
  readonly resources: StorageResources
  readonly logger: Logger
  readonly cleaner: LogCleaner
  readonly work: BackgroundWork
  readonly placement: LogPlacement
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: () => number
  /** The directories whose disks work. */
  readonly online: () => readonly LogDirectory[]
  /** Paths of the others. */
  readonly offline: () => readonly string[]
  readonly find: (partition: PartitionName) => ManagedLog | undefined
  /** Writes the checkpoints of all logs in the directory, copies included. */
  readonly checkpoint: (directory: LogDirectory) => Promise<void>
  /** All that its checkpoints name. */
  readonly logsIn: (directory: LogDirectory) => readonly CheckpointedLog[]
}

/** A move from its request to the last trace of the old folder. */
interface Moving {
  readonly source: ManagedLog
  readonly target: LogDirectory
  /** null while the copy is being opened. */
  move: LogMove | null
  /** Given up by somebody; the copy is deleted, or left for the next start. */
  end: 'deleted' | 'left' | null
  done: Promise<void>
}

/** A copy on its way. */
interface CopiedLog extends PartitionName {
  readonly log: Log
  /** null: it is not open any more. */
  readonly source: Log | null
}

interface FoundCopy {
  readonly directory: LogDirectory
  readonly folder: PartitionFolder
  readonly topicId: string | null
}

/** The logs of a broker that are on their way from one data directory to another. */
export class LogMoves {
  readonly throttle: MoveThrottle
  readonly #options: LogMovesOptions
  readonly #moving: Map<string, Moving> = new Map()
  /** Copies that were there at the start, until their logs are open. */
  readonly #found: Map<string, FoundCopy> = new Map()
  readonly #listeners: Set<(log: Log) => void> = new Set()
  readonly #turns: Turns

  constructor(options: LogMovesOptions, concurrent: number) {
    this.#options = options
    this.throttle = new MoveThrottle(options.resources.clock)
    this.#turns = new Turns(concurrent)
  }

  /**
   * Told of each log that has taken another's place, in the very turn in which appends and reads are to
   * go to it; the other one is closed soon after. @returns What ends it.
   */
  subscribe(listener: (log: Log) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** A copy that an earlier process had begun: its log goes on with it. */
  noteFound(directory: LogDirectory, folder: PartitionFolder, topicId: string | null): void {
    const name = partitionDirectoryName(folder.topic, folder.partition)
    const other = this.#found.get(name)
    directory.logCount++
    if (other !== undefined) this.#discardFound(other, 'there are two of that log')
    this.#found.set(name, { directory, folder, topicId })
  }

  /** A log was opened: before anybody uses it, its copy of before is made to end where it does. */
  async resume(managed: ManagedLog, log: Log): Promise<void> {
    const name = partitionDirectoryName(managed.topic, managed.partition)
    const found = this.#found.get(name)
    if (found === undefined) return
    this.#found.delete(name)
    if (found.topicId !== managed.topicId) {
      this.#discardFound(found, 'it is of another topic of that name')
    } else if (found.directory === managed.directory) {
      this.#discardFound(found, 'the log is in that directory already')
    } else {
      await this.#begin(managed, found.directory, log, found)
    }
  }

  /** A log of that name is made anew: a copy of an earlier one is none of it. */
  forget(partition: PartitionName): void {
    const name = partitionDirectoryName(partition.topic, partition.partition)
    const found = this.#found.get(name)
    if (found === undefined) return
    this.#found.delete(name)
    this.#discardFound(found, 'its log is gone')
  }

  /**
   * Moves a log to another data directory, while it is used; resolves once that has begun. Where it is
   * already, or goes already, nothing happens but that a move elsewhere is given up.
   *
   * @param path Absolute.
   * @throws KafkaError LOG_DIR_NOT_FOUND, INVALID_REPLICA_ASSIGNMENT when it is cordoned,
   *   INVALID_TOPIC_EXCEPTION when the name is too long for a copy's folder, KAFKA_STORAGE_ERROR when a
   *   directory is offline, REPLICA_NOT_AVAILABLE when there is no such log: if one is made, it is there
   */
  async moveTo(partition: PartitionName, path: string): Promise<void> {
    const { placement, find, offline } = this.#options
    const name = partitionDirectoryName(partition.topic, partition.partition)
    const target = this.#target(name, path)
    await this.#endOtherMove(name, target)
    const managed = find(partition)
    if (managed?.directory === target) return
    if (managed === undefined || managed.retiring !== null || managed.opening === null) {
      placement.prefer(partition, path)
      throw new KafkaError('REPLICA_NOT_AVAILABLE', `this broker has no log of ${name}`)
    }
    const log = await managed.opening
    const [failed] = offline()
    if (failed !== undefined) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `${failed} is offline, and may have a copy of ${name}: nothing is moved before it is back`,
      )
    }
    // While this one waited another may have come.
    if (this.#moving.get(name)?.target === target || find(partition) !== managed) return
    await this.#endOtherMove(name, target)
    if (managed.directory !== target) await this.#begin(managed, target, log, null)
  }

  /** A log is going to be deleted: resolves once nothing of a move is left. */
  async cancel({ topic, partition }: PartitionName): Promise<void> {
    const moving = this.#moving.get(partitionDirectoryName(topic, partition))
    if (moving === undefined) return
    giveUp(moving, 'deleted')
    await moving.done
  }

  /** The directory's disk failed: no log goes there or comes from there. */
  giveUpIn(directory: LogDirectory): void {
    for (const moving of this.#moving.values()) {
      const isFromThere = moving.source.directory === directory
      if (moving.target === directory || isFromThere) giveUp(moving, 'left')
    }
  }

  /** Copies that are not finished are left for the next start. */
  async close(): Promise<void> {
    for (const moving of this.#moving.values()) giveUp(moving, 'left')
    await Promise.all([...this.#moving.values()].map(({ done }) => done))
  }

  /** Copies in the directory, each with what it copies. */
  *copiesIn(directory: LogDirectory): Generator<CopiedLog> {
    for (const { move, target, source } of this.#moving.values()) {
      if (target !== directory || move === null || move.isSwitched) continue
      const { topic, partition } = source
      yield { topic, partition, log: move.copy, source: source.log }
    }
  }

  #target(name: string, path: string): LogDirectory {
    const { online, offline, placement } = this.#options
    const longest = `${name}.${'0'.repeat(32)}${FUTURE_DIRECTORY_SUFFIX}`
    if (longest.length > NAME_LENGTH_MAX) {
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${name} is too long a name to be moved`)
    }
    if (offline().includes(path)) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `the log directory ${path} is offline`)
    }
    const target = online().find((directory) => directory.path === path)
    if (target === undefined) {
      throw new KafkaError('LOG_DIR_NOT_FOUND', `${path} is not one of this broker's log.dirs`)
    }
    if (placement.isCordoned(path)) {
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `the log directory ${path} is cordoned`)
    }
    return target
  }

  async #endOtherMove(name: string, target: LogDirectory): Promise<void> {
    const moving = this.#moving.get(name)
    if (moving === undefined || (moving.target === target && moving.end === null)) return
    giveUp(moving, 'deleted')
    await moving.done
  }

  async #begin(
    source: ManagedLog,
    target: LogDirectory,
    log: Log,
    found: FoundCopy | null,
  ): Promise<void> {
    const { topic, partition } = source
    const name = partitionDirectoryName(topic, partition)
    const moving: Moving = { source, target, move: null, end: null, done: Promise.resolve() }
    if (found === null) target.logCount++
    this.#moving.set(name, moving)
    const began = this.#openCopy(moving, log, found)
    moving.done = began.then(
      () => this.#run(moving),
      (error: unknown) => this.#failed(moving, error),
    )
    this.#options.work.own(moving.done)
    await began.catch((error: unknown) => {
      // A copy of before that cannot be opened must not keep its log from being used.
      if (found === null) throw error
    })
  }

  async #openCopy(moving: Moving, log: Log, found: FoundCopy | null): Promise<void> {
    const { resources, logger, checkpoint, logsIn, producerIdExpirationMs } = this.#options
    const { source, target } = moving
    const { topic, partition, topicId } = source
    const name = partitionDirectoryName(topic, partition)
    const home = `${target.path}/${name}`
    const uniqueId = resources.random.bytes(16).toString('hex')
    const future = retiredDirectoryName(topic, partition, uniqueId, FUTURE_DIRECTORY_SUFFIX)
    const folder = found?.folder.path ?? `${target.path}/${future}`
    if (found === null) {
      resources.disk.makeDirectory(folder)
      if (topicId !== null) writePartitionMetadata(resources.disk, folder, topicId)
      await target.forget(source, () => logsIn(target))
    }
    const disk = new FutureFolderDisk(resources.disk, home, folder)
    const copy = await Log.open({
      resources: { ...resources, disk, openFiles: resources.openFiles.on(disk) },
      directory: home,
      topic,
      partition,
      config: log.config,
      logStartOffset: found === null ? 0 : target.logStartOffset(topic, partition),
      recoveryPoint: found === null ? 0 : target.recoveryPoint(topic, partition),
      isClean: found === null || target.cleanShutdown !== null,
      checkpoint: () => checkpoint(target),
      producerIdExpirationMs,
    })
    if (copy.logEndOffset > log.logEndOffset) await copy.truncateTo(log.logEndOffset)
    logger.info(found === null ? 'a log is being moved' : 'the move of a log goes on', {
      log: name,
      from: source.directory.path,
      to: target.path,
      copiedTo: copy.logEndOffset,
    })
    const from = source.directory
    moving.move = new LogMove({
      resources,
      source,
      target,
      copy,
      disk,
      throttle: this.throttle,
      checkpoint: () => checkpoint(target),
      onSwitched: () => {
        from.logCount--
        for (const listener of this.#listeners) listener(copy)
      },
    })
    if (moving.end !== null) moving.move.cancel()
  }

  async #run(moving: Moving): Promise<void> {
    const { resources, cleaner } = this.#options
    const { source, move } = moving
    if (move === null) return
    const { topic, partition, directory } = source
    // Where a log was just opened, it is handed out in this turn.
    await new Promise<void>((turn) => resources.clock.defer(turn))
    await cleaner.pause(topic, partition)
    const old = source.log
    try {
      const isMoved = await this.#turns.run(() => move.run())
      if (isMoved && old !== null) await this.#clearUp(moving, old, directory)
      else await this.#abandon(moving, move)
      this.#moving.delete(partitionDirectoryName(topic, partition))
    } catch (error) {
      await this.#failed(moving, error)
    } finally {
      cleaner.resume(topic, partition)
    }
  }

  /** The log is in its new place: nothing refers to the old one. */
  async #clearUp({ source, move }: Moving, old: Log, from: LogDirectory): Promise<void> {
    const { resources, logger, checkpoint, work } = this.#options
    const { topic, partition } = source
    await old.discard()
    const uniqueId = resources.random.bytes(16).toString('hex')
    const name = retiredDirectoryName(topic, partition, uniqueId, DELETE_DIRECTORY_SUFFIX)
    const retired = `${from.path}/${name}`
    resources.disk.rename(`${from.path}/${partitionDirectoryName(topic, partition)}`, retired)
    await resources.disk.syncDirectory(from.path)
    await checkpoint(from)
    await removeMovedFrom(resources.disk, move!.disk.folder)
    work.later(old.config.fileDeleteDelayMs, () => resources.disk.removeTree(retired))
    const log = partitionDirectoryName(topic, partition)
    logger.info('a log was moved', { log, from: from.path, to: source.directory.path })
  }

  async #abandon({ end, target }: Moving, { copy, disk }: LogMove): Promise<void> {
    if (end === 'left') {
      await copy.close()
      return
    }
    await copy.discard()
    target.logCount--
    this.#delete(target, copy, disk.folder)
  }

  async #failed(moving: Moving, error: unknown): Promise<void> {
    const { topic, partition } = moving.source
    const log = partitionDirectoryName(topic, partition)
    if (this.#moving.get(log) === moving) this.#moving.delete(log)
    this.#options.logger.error('a log could not be moved', { log, to: moving.target.path, error })
    if (moving.move?.isSwitched === false) await moving.move.copy.discard()
  }

  #discardFound({ directory, folder }: FoundCopy, reason: string): void {
    this.#options.logger.info('a copy of a log is deleted', { path: folder.path, reason })
    directory.logCount--
    this.#delete(directory, folder, folder.path)
  }

  /** Under a name that says so: a crash must not make a copy of it again. */
  #delete(directory: LogDirectory, { topic, partition }: PartitionName, path: string): void {
    const { resources, work } = this.#options
    const uniqueId = resources.random.bytes(16).toString('hex')
    const name = retiredDirectoryName(topic, partition, uniqueId, DELETE_DIRECTORY_SUFFIX)
    resources.disk.rename(path, `${directory.path}/${name}`)
    work.own(
      resources.disk
        .syncDirectory(directory.path)
        .then(() => resources.disk.removeTree(`${directory.path}/${name}`)),
    )
  }
}

function giveUp(moving: Moving, end: 'deleted' | 'left'): void {
  moving.end ??= end
  moving.move?.cancel()
}
