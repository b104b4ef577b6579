import type { LogDirectory } from './log-directory.ts'
import type { PartitionName } from './paths.ts'
import { partitionDirectoryName } from './paths.ts'

/** In which data directory a new log is made: where it was asked for, else where there are the fewest. */
export class LogPlacement {
  /** Where AlterReplicaLogDirs wants logs that are not there yet, by the partition's name. */
  readonly #preferred: Map<string, string> = new Map()
  #cordoned: ReadonlySet<string>

  /** @param cordoned `cordoned.log.dirs`: paths of directories that get no new logs (KIP-1066). */
  constructor(cordoned: readonly string[]) {
    this.#cordoned = new Set(cordoned)
  }

  isCordoned(path: string): boolean {
    return this.#cordoned.has(path)
  }

  cordon(paths: readonly string[]): void {
    this.#cordoned = new Set(paths)
  }

  /** The next log of that partition is made in the directory at `path`, cordoned or not. */
  prefer({ topic, partition }: PartitionName, path: string): void {
    this.#preferred.set(partitionDirectoryName(topic, partition), path)
  }

  /** A log of that partition has been made, or will not be. */
  forget({ topic, partition }: PartitionName): void {
    this.#preferred.delete(partitionDirectoryName(topic, partition))
  }

  /** @param directories Those that can be used, at least one. */
  choose({ topic, partition }: PartitionName, directories: readonly LogDirectory[]): LogDirectory {
    const preferred = this.#preferred.get(partitionDirectoryName(topic, partition))
    const wanted = directories.find(({ path }) => path === preferred)
    if (wanted !== undefined) return wanted
    const open = directories.filter(({ path }) => !this.#cordoned.has(path))
    // A replica that the controller gave this broker all the same must be somewhere.
    const candidates = open.length === 0 ? directories : open
    return candidates.reduce((least, next) => (next.logCount < least.logCount ? next : least))
  }
}
