import { storageError } from './storage-error.ts'

/**
 * Reads, and reads again when segments went away meanwhile: what was read, or failed, may be due to that.
 *
 * @param removals How often segments have gone so far.
 * @param name Whose segments, for messages.
 */
export async function undisturbed<T>(
  read: () => Promise<T>,
  removals: () => number,
  name: string,
): Promise<T> {
  for (;;) {
    const before = removals()
    try {
      const result = await read()
      if (before === removals()) return result
    } catch (error) {
      if (before === removals()) throw storageError(error, name)
    }
  }
}
