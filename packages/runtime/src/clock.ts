/** A task that a Clock will run once. */
export interface Timer {
  /** Forgets the task; harmless after it ran, and twice. */
  cancel(): void
}

/** Time, as everything outside this package knows it. */
export interface Clock {
  /** Wall-clock time: whole milliseconds since the epoch. It may step backwards. */
  now(): number

  /** Milliseconds, with fraction, since an arbitrary start; never backwards. For durations. */
  monotonic(): number

  /**
   * Runs `task` once, `delayMs` from now at the earliest (0 or more). A timer alone keeps a real
   * process alive: cancel what is no longer needed.
   */
  schedule(delayMs: number, task: () => void): Timer

  /** Runs `task` after the I/O callbacks of this event-loop turn: where a turn's work is gathered. */
  defer(task: () => void): void

  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void>
}
