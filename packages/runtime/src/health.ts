/**
 * How the process that a broker runs in is doing. Counters begin with the process, or with `start`.
 *
 * Nothing is measured before `start`: event-loop delays and garbage collections cost a little each.
 */
export interface Health {
  /** Begins to measure what is not known otherwise. Harmless twice. */
  start(): void
  /** Ends that. Harmless twice. */
  stop(): void
  /** What is known now. Event-loop delays are those since the reading before this one. */
  read(): HealthReading
}

export interface HealthReading {
  /** Wall-clock time in milliseconds. */
  readonly startedMs: number
  readonly cpuUserMs: number
  readonly cpuSystemMs: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  /** Buffers and the like, outside of the heap. */
  readonly externalBytes: number
  /** -1 where the system does not tell. */
  readonly openFiles: number
  /** How many the process may have; -1 where the system does not tell. */
  readonly openFilesMax: number
  readonly eventLoop: EventLoopDelay
  readonly collections: readonly GarbageCollections[]
}

/** How long turns of the event loop took, in milliseconds; all 0 when there was none. */
export interface EventLoopDelay {
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Busy part of the time since the reading before: 0 to 1. */
  readonly utilization: number
}

export interface GarbageCollections {
  readonly kind: 'minor' | 'major' | 'incremental' | 'weakcb'
  readonly count: number
  readonly totalMs: number
}
