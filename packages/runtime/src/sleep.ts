import type { Clock } from './clock.ts'

/** `Clock.sleep`, written once on `Clock.schedule`. */
export function sleepOn(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const aborted = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    })
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
