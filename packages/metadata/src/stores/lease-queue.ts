import { KafkaError } from '@ottla/protocol'
import type { ActiveController, ControllerLease } from './metadata-store.ts'

/**
 * The controller's lease inside one process: whoever asks first has it until released. For stores whose
 * participants all live in one process.
 */
export class LeaseQueue {
  #holder: (ControllerLease & { readonly lose: (reason: Error) => void }) | null = null
  readonly #waiting: (() => void)[] = []

  get activeController(): ActiveController | null {
    return this.#holder
  }

  holds(lease: ControllerLease): boolean {
    return lease === this.#holder
  }

  /** @throws {KafkaError} NOT_CONTROLLER. */
  check(lease: ControllerLease): void {
    if (this.holds(lease)) return
    throw new KafkaError(
      'NOT_CONTROLLER',
      `Controller ${lease.controllerId} lost its lease of epoch ${lease.epoch}`,
    )
  }

  /**
   * @param begin Called at once when the turn comes: gives the lease's epoch and where the log ends.
   * @param changed Called after the lease changed hands.
   */
  async take(
    controllerId: number,
    begin: () => Pick<ControllerLease, 'epoch' | 'earlierEndOffset' | 'endOffset'>,
    changed: () => void,
    signal?: AbortSignal,
  ): Promise<ControllerLease> {
    // Checked again after each wait: somebody else may have come between.
    signal?.throwIfAborted()
    while (this.#holder !== null) await this.#turn(signal)
    const lost = new AbortController()
    const lose = (reason: Error) => {
      if (this.#holder !== lease) return
      this.#holder = null
      lost.abort(reason)
      changed()
      // All of them: the first takes it, the others go on waiting, and one that gave up is no matter.
      for (const wake of this.#waiting.splice(0)) wake()
    }
    const lease = {
      controllerId,
      ...begin(),
      lost: lost.signal,
      lose,
      release: () => lose(new KafkaError('NOT_CONTROLLER', 'The lease was released')),
    }
    this.#holder = lease
    changed()
    return lease
  }

  /** Takes the lease away from whoever holds it. */
  end(reason: Error): void {
    this.#holder?.lose(reason)
  }

  /** Waits until the lease was given up. */
  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      }
      const aborted = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(signal!.reason as Error)
      }
      this.#waiting.push(turn)
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }
}
