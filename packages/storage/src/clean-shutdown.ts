import type { Disk } from '@ottla/runtime'
import { replaceFileAsync } from './replace-file.ts'

/**
 * `.kafka_cleanshutdown`: everything was written and synced when the broker stopped (KIP-966).
 *
 *     {"version":0,"brokerEpoch":12}
 */
export interface CleanShutdown {
  /** The broker's last registration; -1: not known. */
  readonly brokerEpoch: number
}

export const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'

/** null when the broker did not stop as it should. The marker is gone when this resolves. */
export async function takeCleanShutdown(
  disk: Disk,
  directory: string,
): Promise<CleanShutdown | null> {
  const path = `${directory}/${CLEAN_SHUTDOWN}`
  if (disk.stat(path) === null) return null
  const brokerEpoch = brokerEpochIn(disk.readFile(path).toString('utf8'))
  // Durably: should this broker crash, what it is going to write must be checked.
  await disk.remove(path)
  await disk.syncDirectory(directory)
  return { brokerEpoch }
}

export async function writeCleanShutdown(
  disk: Disk,
  directory: string,
  { brokerEpoch }: CleanShutdown,
): Promise<void> {
  const content = JSON.stringify({ version: 0, brokerEpoch })
  await replaceFileAsync(disk, `${directory}/${CLEAN_SHUTDOWN}`, content)
}

/**
 * `.ottla_running`: an Ottla broker took the directory and has not stopped cleanly since. Its checkpoints
 * were durable before what they tell of; those of another broker, which knows no such file, may not be.
 */
export const RUNNING = '.ottla_running'

/** Marks the directory, durably. @returns Whether it was marked before. */
export async function markRunning(disk: Disk, directory: string): Promise<boolean> {
  const path = `${directory}/${RUNNING}`
  if (disk.stat(path) !== null) return true
  await replaceFileAsync(disk, path, '')
  return false
}

/** Before the marker of a clean stop: with both, a broker that runs here next and is killed is taken for this one. */
export async function unmarkRunning(disk: Disk, directory: string): Promise<void> {
  await disk.remove(`${directory}/${RUNNING}`)
  await disk.syncDirectory(directory)
}

/** Older brokers left the file empty; it says "clean" all the same. */
function brokerEpochIn(text: string): number {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null || !('brokerEpoch' in content)) return -1
    return typeof content.brokerEpoch === 'number' ? content.brokerEpoch : -1
  } catch {
    return -1
  }
}
