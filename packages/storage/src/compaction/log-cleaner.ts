import type { Clock, Logger, Timer } from '@ottla/runtime'
import { InvariantError } from '@ottla/runtime'
import type { Log } from '../log.ts'
import { partitionDirectoryName } from '../paths.ts'
import type { CleanedLog } from './clean-log.ts'
import { cleanLog } from './clean-log.ts'
import type { Cleanable } from './cleanable.ts'
import { cleanableOf, isWorthCleaning } from './cleanable.ts'
import type { CleanerStatus, LogCleanerStatus } from './cleaner-status.ts'
import { CleaningAbortedError, Pace } from './pace.ts'

/** `log.cleaner.*`; all of it may change while the cleaner works. */
export interface LogCleanerSettings {
  /** `log.cleaner.enable`; default true. */
  readonly isEnabled?: boolean
  /** `log.cleaner.backoff.ms`: how long it rests when nothing is dirty enough; default 15 seconds. */
  readonly backoffMs?: number
  /** `log.cleaner.dedupe.buffer.size`: the most that the table of keys takes; default 128 MB. */
  readonly dedupeBufferBytes?: number
  /** `log.cleaner.io.buffer.load.factor`: how full that may get; default 0.9. */
  readonly loadFactor?: number
  /** `log.cleaner.io.buffer.size`; default 512 KB. */
  readonly ioBufferBytes?: number
  /** `log.cleaner.io.max.bytes.per.second`, read and written; default Infinity. */
  readonly ioBytesPerSecond?: number
}

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: LogCleanerSettings
  /** All logs that are open. */
  readonly logs: () => readonly Log[]
  /** Makes that log's recovery point, log start offset and `compaction.cleanedTo` durable. */
  readonly checkpoint: (log: Log) => Promise<void>
}

const DEFAULTS: Required<LogCleanerSettings> = {
  isEnabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 128 * 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 512 * 1024,
  ioBytesPerSecond: Infinity,
}

/** Logs that are looked at in one go. */
const LOGS_PER_TURN = 100

interface Cleaning {
  readonly log: Log
  readonly pace: Pace
  readonly done: Promise<void>
}

/** What is known of a log beyond one cleaning. */
interface Record {
  dirtyRatio: number
  dirtyBytes: number
  bytesCleaned: number
  cleanings: number
  lastDurationMs: number
  uncleanableReason: string | null
}

/**
 * Compacts a broker's logs whose `cleanup.policy` has `compact`: one at a time, the dirtiest first, again
 * and again until none is dirty enough; then it rests.
 *
 * A log that cannot be compacted (a corrupt batch, a disk that fails) is told of once and left alone
 * until the next start; the others go on.
 */
export class LogCleaner {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #logs: () => readonly Log[]
  readonly #checkpoint: (log: Log) => Promise<void>
  readonly #records: WeakMap<Log, Record> = new WeakMap()
  /** How often each log was paused and not resumed yet, by name. */
  readonly #paused: Map<string, number> = new Map()
  #settings: Required<LogCleanerSettings>
  #cleaning: Cleaning | null = null
  #round: Promise<void> | null = null
  #timer: Timer | null = null
  #isStopped = false
  #isAlive = true
  #maxDirtyRatio = 0
  #maxDelayMs = 0
  #lastRunMs = -1
  #last: CleanedLog | null = null

  constructor(options: LogCleanerOptions) {
    this.#clock = options.clock
    this.#logger = options.logger.child('cleaner')
    this.#logs = options.logs
    this.#checkpoint = options.checkpoint
    this.#settings = { ...DEFAULTS, ...options.settings }
  }

  /** Begins to look for dirty logs, the first time after `backoffMs`. */
  start(): void {
    if (this.#isStopped || this.#timer !== null || !this.#settings.isEnabled) return
    this.#timer = this.#clock.schedule(this.#settings.backoffMs, () => {
      this.#timer = null
      void this.cleanNow().finally(() => this.start())
    })
  }

  /** Takes effect with the next log; the limit on bytes at once. */
  configure(settings: LogCleanerSettings): void {
    this.#settings = { ...this.#settings, ...settings }
    if (this.#cleaning !== null)
      this.#cleaning.pace.bytesPerSecond = this.#settings.ioBytesPerSecond
    this.#timer?.cancel()
    this.#timer = null
    if (this.#round === null) this.start()
  }

  /** Compacts, one after the other, all logs that are dirty enough; resolves when none is. */
  cleanNow(): Promise<void> {
    this.#round ??= this.#cleanAll().finally(() => (this.#round = null))
    return this.#round
  }

  /**
   * Whoever truncates, moves or deletes a log has it for himself when this resolves, and until he calls
   * `resume`. Harmless for a log that is not there.
   */
  async pause(topic: string, partition: number): Promise<void> {
    const name = partitionDirectoryName(topic, partition)
    this.#paused.set(name, (this.#paused.get(name) ?? 0) + 1)
    if (this.#cleaning?.log.name !== name) return
    this.#cleaning.pace.abort()
    await this.#cleaning.done
  }

  resume(topic: string, partition: number): void {
    const name = partitionDirectoryName(topic, partition)
    const count = this.#paused.get(name) ?? 0
    if (count > 1) this.#paused.set(name, count - 1)
    else this.#paused.delete(name)
  }

  /** Whether a log is being compacted: retention waits until it is done. */
  isCleaning(log: Log): boolean {
    return this.#cleaning?.log === log
  }

  /** Gives up what is under way and begins nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = null
    this.#cleaning?.pace.abort()
    await this.#round
  }

  get status(): CleanerStatus {
    const figures = this.#last?.figures
    return {
      isEnabled: this.#settings.isEnabled,
      isAlive: this.#isAlive,
      cleaning: this.#cleaning?.log.name ?? null,
      maxDirtyPercent: Math.floor(100 * this.#maxDirtyRatio),
      maxCleanTimeMs: figures?.durationMs ?? 0,
      maxCompactionDelayMs: this.#maxDelayMs,
      bufferUtilization: figures?.bufferUtilization ?? 0,
      recopyPercent:
        figures === undefined
          ? 0
          : Math.floor((100 * figures.bytesWritten) / Math.max(1, figures.bytesRead)),
      lastRunMs: this.#lastRunMs,
      logs: this.#compactedLogs().map((log) => this.#statusOf(log)),
    }
  }

  async #cleanAll(): Promise<void> {
    try {
      for (;;) {
        const filthiest = await this.#filthiest()
        if (filthiest === null) return
        await this.#clean(filthiest)
      }
    } catch (error) {
      this.#isAlive = false
      this.#isStopped = true
      this.#logger.error('the log cleaner stopped', { error })
    }
  }

  async #filthiest(): Promise<{ readonly log: Log; readonly cleanable: Cleanable } | null> {
    if (this.#isStopped || !this.#settings.isEnabled) return null
    const nowMs = this.#clock.now()
    this.#lastRunMs = nowMs
    let maxDirtyRatio = 0
    let maxDelayMs = 0
    let filthiest: { readonly log: Log; readonly cleanable: Cleanable } | null = null
    for (const [index, log] of this.#compactedLogs().entries()) {
      if (index % LOGS_PER_TURN === LOGS_PER_TURN - 1) {
        await new Promise<void>((turn) => this.#clock.defer(turn))
      }
      const record = this.#recordOf(log)
      if (record.uncleanableReason !== null || log.isFailed || this.#paused.has(log.name)) continue
      const cleanable = cleanableOf(log.compaction, nowMs)
      record.dirtyRatio = cleanable.dirtyRatio
      record.dirtyBytes = cleanable.dirtyBytes
      maxDirtyRatio = Math.max(maxDirtyRatio, cleanable.dirtyRatio)
      maxDelayMs = Math.max(maxDelayMs, cleanable.delayMs)
      if (!isWorthCleaning(cleanable)) continue
      if (filthiest === null || cleanable.dirtyRatio > filthiest.cleanable.dirtyRatio) {
        filthiest = { log, cleanable }
      }
    }
    this.#maxDirtyRatio = maxDirtyRatio
    this.#maxDelayMs = maxDelayMs
    return this.#isStopped ? null : filthiest
  }

  async #clean({ log, cleanable }: { log: Log; cleanable: Cleanable }): Promise<void> {
    const { ioBytesPerSecond } = this.#settings
    const pace = new Pace(this.#clock, ioBytesPerSecond)
    // It was looked for across turns: somebody may want it by now.
    if (this.#paused.has(log.name) || this.#isStopped) return
    const done = this.#cleanAndNote(log, cleanable, pace)
    this.#cleaning = { log, pace, done }
    try {
      await done
    } finally {
      this.#cleaning = null
    }
  }

  async #cleanAndNote(log: Log, cleanable: Cleanable, pace: Pace): Promise<void> {
    const record = this.#recordOf(log)
    const { dedupeBufferBytes, loadFactor, ioBufferBytes } = this.#settings
    const clock = this.#clock
    try {
      const cuts = log.compaction.cuts
      const prepare = (): Promise<void> => this.#prepare(log, cleanable)
      const options = { clock, pace, dedupeBufferBytes, loadFactor, ioBufferBytes, prepare }
      const cleaned = await cleanLog(cleanable, options)
      if (cuts !== log.compaction.cuts) return
      log.compaction.cleanedTo = cleaned.endOffset
      await this.#checkpoint(log)
      this.#last = cleaned
      record.cleanings++
      record.lastDurationMs = cleaned.figures.durationMs
      record.bytesCleaned += cleaned.figures.bytesRead - cleaned.figures.bytesWritten
      this.#tell(log, cleanable, cleaned)
    } catch (error) {
      if (error instanceof CleaningAbortedError) return
      if (error instanceof InvariantError) throw error
      record.uncleanableReason = error instanceof Error ? error.message : String(error)
      // Its data directory is offline, and that has been said.
      if (log.isFailed) return
      this.#logger.error('a log cannot be compacted and is left as it is until the next start', {
        log: log.name,
        error,
      })
    }
  }

  /**
   * Before anything goes: what it goes for is on the device; recovery begins after it, with what producers
   * had done by then; it knows that the log may have gaps; and what was deleted before the log start, which
   * is taken for clean, does not come back.
   */
  async #prepare(log: Log, { firstDirtyOffset }: Cleanable): Promise<void> {
    await log.flush()
    log.compaction.cleanedTo = firstDirtyOffset
    await this.#checkpoint(log)
  }

  #tell(log: Log, cleanable: Cleanable, { endOffset, figures }: CleanedLog): void {
    const seconds = figures.durationMs / 1_000
    this.#logger.info('a log was compacted', {
      log: log.name,
      from: cleanable.firstDirtyOffset,
      to: endOffset,
      bytesRead: figures.bytesRead,
      bytesWritten: figures.bytesWritten,
      messagesRead: figures.messagesRead,
      messagesWritten: figures.messagesWritten,
      ratio: round(figures.bytesWritten / Math.max(1, figures.bytesRead)),
      bufferUtilization: round(figures.bufferUtilization),
      seconds: round(seconds),
    })
    if (figures.invalidMessages > 0) {
      this.#logger.warn('records without key were found in a compacted log and removed', {
        log: log.name,
        count: figures.invalidMessages,
      })
    }
  }

  #compactedLogs(): Log[] {
    return this.#logs().filter(({ config }) => config.cleanupPolicy.includes('compact'))
  }

  #recordOf(log: Log): Record {
    let record = this.#records.get(log)
    if (record === undefined) {
      record = {
        dirtyRatio: 0,
        dirtyBytes: 0,
        bytesCleaned: 0,
        cleanings: 0,
        lastDurationMs: -1,
        uncleanableReason: null,
      }
      this.#records.set(log, record)
    }
    return record
  }

  #statusOf(log: Log): LogCleanerStatus {
    return { topic: log.topic, partition: log.partition, ...this.#recordOf(log) }
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
