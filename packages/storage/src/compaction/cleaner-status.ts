/** The log cleaner as metrics see it: plain data, of the moment it was asked for. */
export interface CleanerStatus {
  /** `log.cleaner.enable` */
  readonly isEnabled: boolean
  /** false: it stopped for a mistake of its own; a restart begins it again. */
  readonly isAlive: boolean
  /** The name of the log that is being compacted; null: none is. */
  readonly cleaning: string | null
  /** The most that any compacted log is dirty, 0 to 100, as of the last look. */
  readonly maxDirtyPercent: number
  /** How long the last cleaning took. */
  readonly maxCleanTimeMs: number
  /** The longest that any log has waited beyond its `max.compaction.lag.ms`, as of the last look. */
  readonly maxCompactionDelayMs: number
  /** How full the table of keys got in the last cleaning, 0 to 1. */
  readonly bufferUtilization: number
  /** What the last cleaning wrote of what it read, 0 to 100. */
  readonly recopyPercent: number
  /** Wall-clock time of the last look; -1: there was none yet. */
  readonly lastRunMs: number
  /** Compacted logs. */
  readonly logs: readonly LogCleanerStatus[]
}

export interface LogCleanerStatus {
  readonly topic: string
  readonly partition: number
  /** 0 to 1, as of the last look. */
  readonly dirtyRatio: number
  /** Bytes that may be compacted but are not, as of the last look. */
  readonly dirtyBytes: number
  /** All that cleanings of this log took away since the start. */
  readonly bytesCleaned: number
  readonly cleanings: number
  /** -1: not compacted since the start. */
  readonly lastDurationMs: number
  /** Why it is not compacted any more; null: it is. */
  readonly uncleanableReason: string | null
}
