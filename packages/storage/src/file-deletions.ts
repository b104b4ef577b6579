import type { Clock, Disk, Logger, Timer } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'

/**
 * Files that are deleted a while after they went out of use (`file.delete.delay.ms`), for reads that
 * are still under way.
 */
export class FileDeletions {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #waiting: Map<Timer, readonly string[]> = new Map()
  readonly #running: Set<Promise<void>> = new Set()

  constructor(disk: Disk, clock: Clock, logger: Logger) {
    this.#disk = disk
    this.#clock = clock
    this.#logger = logger
  }

  schedule(paths: readonly string[], delayMs: number): void {
    if (paths.length === 0) return
    const timer = this.#clock.schedule(delayMs, () => {
      this.#waiting.delete(timer)
      this.#start(paths)
    })
    this.#waiting.set(timer, paths)
  }

  /** What is going to schedule files: `finish` waits for it. */
  own(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => this.#warn(error, 'files could not be deleted'))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Deletes at once what still waits; resolves when it is gone. */
  async finish(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    for (const [timer, paths] of this.#waiting) {
      timer.cancel()
      this.#start(paths)
    }
    this.#waiting.clear()
    await Promise.all(this.#running)
  }

  #start(paths: readonly string[]): void {
    const running = this.#remove(paths).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** What cannot be deleted is left for the next start, which tries again. */
  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      try {
        await this.#disk.remove(path)
      } catch (error) {
        this.#warn(error, 'a file could not be deleted')
      }
    }
  }

  /** That of a directory that is offline has been said once for all its files. */
  #warn(error: unknown, what: string): void {
    if (error instanceof DiskError && error.code === 'OFFLINE') return
    this.#logger.warn(what, { error })
  }
}
