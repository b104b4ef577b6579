import { assert, InvariantError } from '@ottla/runtime'
import type { Appender } from './appender.ts'
import type { Decision } from './decision.ts'

export interface StateMachineOptions<S, R> {
  /** Where the fold starts. `apply` is the only one that changes it. */
  readonly state: S
  /** Folds one record into the state; also what recovery runs. It must take every stored record. */
  readonly apply: (state: S, record: R) => void
  readonly appender: Appender<R>
  /** Called once, when the machine fails: its owner drops it and rebuilds the state from the log. */
  readonly onFailure?: (error: Error) => void
}

/** A reply on hold. They leave in the order of their decisions. */
interface Held {
  isCommitted: boolean
  settle: () => void
  reject: (error: Error) => void
  next: Held | null
}

/**
 * A state that is the fold of a log: decide → append → apply.
 *
 *   submit(decide) ── decide(state) ──▶ records ── append ──▶ the log
 *                          │               └───── apply ────▶ state, at once
 *                          └───▶ reply, held ── committed ──▶ the caller
 *
 * Invariants
 *   decide, append and apply of one call happen with nothing between them, so a decision sees all
 *     decisions before it, committed or not: calls are pipelined, none waits for another's commit
 *   a reply leaves only when its records are committed and so is every record that was applied
 *     before it was decided, a refusal ("already exists") included: nobody is told what may yet be
 *     undone
 *   a failed commit fails the machine: its state holds what the log does not. All held and later
 *     calls reject; the state is rebuilt from the log by a new machine
 *
 * The number of held replies is bounded by its callers: each is a request of theirs in flight.
 */
export class StateMachine<S, R> {
  readonly #state: S
  readonly #apply: (state: S, record: R) => void
  readonly #appender: Appender<R>
  readonly #onFailure: ((error: Error) => void) | undefined
  #failure: Error | null = null
  #oldest: Held | null = null
  #newest: Held | null = null
  #isBusy = false

  constructor({ state, apply, appender, onFailure }: StateMachineOptions<S, R>) {
    this.#state = state
    this.#apply = apply
    this.#appender = appender
    this.#onFailure = onFailure
  }

  /** With everything applied, committed or not: for looking, never for answering. */
  get state(): S {
    return this.#state
  }

  /** Why the machine failed or was stopped; null while it runs. */
  get failure(): Error | null {
    return this.#failure
  }

  /** Folds a record that the log already holds: recovery, before the first `submit`. */
  replay(record: R): void {
    assert(this.#oldest === null && !this.#isBusy, 'records are replayed before requests come')
    if (this.#failure !== null) throw this.#failure
    this.#apply(this.#state, record)
  }

  /**
   * Decides on the state as it is now; neither `decide` nor what it calls may await or change the
   * state.
   * @returns The reply, once it may leave. Rejects with what `decide` or the append threw (the
   *   machine goes on), or with the machine's failure.
   */
  submit<Reply>(decide: (state: S) => Decision<R, Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure)
        return
      }
      assert(!this.#isBusy, 'a decision never submits another')
      this.#isBusy = true
      try {
        const { records, reply } = decide(this.#state)
        const committed = records.length === 0 ? null : this.#appender.append(records)
        if (committed !== null) this.#applyAll(records)
        this.#hold(committed, () => resolve(reply), reject)
      } catch (error) {
        // Broken invariants end the machine, whoever found them. A refusal changed nothing, but it
        // may rest on what is not committed yet, so it waits as a reply does.
        if (error instanceof InvariantError) this.stop(error)
        const refusal = error as Error
        if (this.#failure === null) this.#hold(null, () => reject(refusal), reject)
        else reject(this.#failure)
      } finally {
        this.#isBusy = false
      }
    })
  }

  /** Ends the machine: everything held and every later call rejects with `error`. Harmless twice. */
  stop(error: Error): void {
    if (this.#failure !== null) return
    this.#failure = error
    let held = this.#oldest
    this.#oldest = null
    this.#newest = null
    for (; held !== null; held = held.next) held.reject(error)
    this.#onFailure?.(error)
  }

  #applyAll(records: readonly R[]): void {
    try {
      for (const record of records) this.#apply(this.#state, record)
    } catch (cause) {
      // The log holds what the state does not: nothing decided from here on could be right.
      this.stop(new InvariantError('every record that was appended can be applied', { cause }))
    }
  }

  #hold(committed: Promise<void> | null, settle: () => void, reject: Held['reject']): void {
    if (committed === null && this.#failure === null && this.#oldest === null) {
      settle()
      return
    }
    if (this.#failure !== null) {
      // Applying failed. What becomes of the append no longer matters, but it must not float.
      committed?.catch(() => {})
      reject(this.#failure)
      return
    }
    const held: Held = { isCommitted: committed === null, settle, reject, next: null }
    if (this.#newest === null) this.#oldest = held
    else this.#newest.next = held
    this.#newest = held

    committed?.then(
      () => {
        held.isCommitted = true
        this.#release()
      },
      (error: Error) => this.stop(error),
    )
  }

  #release(): void {
    while (this.#oldest?.isCommitted) {
      const held = this.#oldest
      this.#oldest = held.next
      if (this.#oldest === null) this.#newest = null
      held.settle()
    }
  }
}
