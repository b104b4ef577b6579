import { OPEN_FILES_MAX } from '@ottla/storage'

/** Descriptors that are neither a partition's file nor a connection: listeners, locks, Node's own. */
const OTHER_DESCRIPTORS = 100

/** Who may hold how many of a process' open files. */
export interface DescriptorShares {
  /** Connections of all listeners together. */
  readonly connectionsMax: number
  /** Files of all logs together. */
  readonly openFilesMax: number
}

/**
 * Divides what the operating system lets a process open (`ulimit -n`): connections may take what the logs never
 * need, but at least half. Otherwise whoever opens connections enough keeps a log from opening a file, which
 * takes its directory offline.
 *
 * @param descriptorsMax -1 where the system does not tell.
 */
export function shareDescriptors(descriptorsMax: number): DescriptorShares {
  if (descriptorsMax < 0) return { connectionsMax: Infinity, openFilesMax: OPEN_FILES_MAX }
  const forFiles = Math.min(OPEN_FILES_MAX + OTHER_DESCRIPTORS, Math.floor(descriptorsMax / 2))
  return {
    connectionsMax: descriptorsMax - forFiles,
    openFilesMax: Math.max(Math.floor(forFiles / 2), forFiles - OTHER_DESCRIPTORS),
  }
}
