/**
 * What a world's broker promises, and so what may happen to it.
 *
 *   durable   `flush.messages=1`: an acknowledgement means "on disk". Killed and crashed.
 *   written   Kafka's default: an acknowledgement means "with the operating system". Killed only.
 *   lossy     Kafka's default, and the power is cut: what was acknowledged may be lost, but no more
 *             than the end of each log, and nothing comes back wrong.
 */
export type Promises = 'durable' | 'written' | 'lossy'

export const allPromises: readonly Promises[] = ['durable', 'written', 'lossy']

/** Whether what was acknowledged must be there in the end. */
export function keepsAcknowledged(promises: Promises): boolean {
  return promises !== 'lossy'
}
