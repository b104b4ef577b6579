import { KafkaError } from '@ottla/protocol'
import type { Clock, Random } from '@ottla/runtime'

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly backoffMs: number
  readonly backoffMaxMs: number
  /** No new attempt begins later than this after the call. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called before the pause that precedes another attempt. */
  readonly onRetry?: (error: KafkaError) => void | Promise<void>
}

/**
 * Attempts until it works: again after each retriable error, with a pause that doubles and is
 * jittered by a fifth (KIP-580), until the time is up; then with the last error.
 *
 * @throws {KafkaError} The attempt's, when it is not retriable or time is up; the signal's reason.
 */
export async function retry<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { clock, signal } = options
  const deadline = clock.monotonic() + options.timeoutMs
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof KafkaError) || !error.retriable) throw error
      const pauseMs = backoff(options, failures)
      if (clock.monotonic() + pauseMs >= deadline) throw error
      await options.onRetry?.(error)
      await clock.sleep(pauseMs, signal === undefined ? {} : { signal })
    }
  }
}

/** The pause after so many failures before this one. */
export function backoff(
  { random, backoffMs, backoffMaxMs }: Pick<RetryOptions, 'random' | 'backoffMs' | 'backoffMaxMs'>,
  failures: number,
): number {
  const pauseMs = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(failures, 20))
  return pauseMs * (0.8 + 0.4 * random.float())
}
