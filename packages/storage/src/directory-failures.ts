import type { Clock, DiskErrorCode, Logger } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'

/** Why a data directory is no longer used. */
export interface DirectoryFailure {
  /** The directory, as it was configured. */
  readonly directory: string
  /** What the disk was asked for: 'write', 'sync', 'open', … */
  readonly operation: string
  readonly error: DiskError
}

/**
 * Whether a data directory can be used: until the first failure of its disk (KIP-112).
 *
 * From the failure on its logs take no requests; at the end of that turn of the event loop, when whoever
 * met the failure has tidied up, its disk is not touched again.
 */
export class WatchedDirectory {
  readonly path: string
  readonly #clock: Clock
  readonly #onOffline: (failure: DirectoryFailure) => void
  #failure: DirectoryFailure | null = null
  #isOffline = false

  constructor(path: string, clock: Clock, onOffline: (failure: DirectoryFailure) => void) {
    this.path = path
    this.#clock = clock
    this.#onOffline = onOffline
  }

  /** null: all is well. */
  get failure(): DirectoryFailure | null {
    return this.#failure
  }

  get isOffline(): boolean {
    return this.#isOffline
  }

  /** Its first failure takes it offline; whatever follows from that is no news. */
  fail(operation: string, error: DiskError): void {
    if (this.#failure !== null) return
    const failure = { directory: this.path, operation, error }
    this.#failure = failure
    this.#clock.defer(() => {
      this.#isOffline = true
      this.#onOffline(failure)
    })
  }

  /** What any use of it meets once it is offline. */
  offlineError(path: string): DiskError {
    return new DiskError('OFFLINE', path, `the log directory ${this.path} is offline`, {
      cause: this.#failure?.error,
    })
  }
}

/** The data directories that are watched for failures of their disks. */
export class DirectoryFailures {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #watched: WatchedDirectory[] = []
  readonly #listeners: Set<(failure: DirectoryFailure) => void> = new Set()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Watches a data directory; the same one twice is one. */
  watch(path: string): WatchedDirectory {
    const root = withoutSlashes(path)
    const known = this.#watched.find((watched) => watched.path === root)
    if (known !== undefined) return known
    const watched = this.#make(root)
    this.#watched.push(watched)
    return watched
  }

  /** The data directory that holds `path`; null: none that is watched. */
  holding(path: string): WatchedDirectory | null {
    let found: WatchedDirectory | null = null
    for (const watched of this.#watched) {
      if (!isWithin(path, watched.path)) continue
      if (found === null || watched.path.length > found.path.length) found = watched
    }
    return found
  }

  /** The same; a directory outside of all that are watched fails alone. */
  of(path: string): WatchedDirectory {
    return this.holding(path) ?? this.#make(path)
  }

  /** Told once of each directory that fails, after its disk was given up. @returns What ends it. */
  subscribe(listener: (failure: DirectoryFailure) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #make(path: string): WatchedDirectory {
    return new WatchedDirectory(path, this.#clock, (failure) => {
      const { directory, operation, error } = failure
      this.#logger.error('a log directory failed: it is offline until the next start', {
        directory,
        operation,
        cause: error.message,
        remedy: remedyOf(error.code),
      })
      for (const listener of this.#listeners) listener(failure)
    })
  }
}

/** What an operator can do about a failure of the disk. */
export function remedyOf(code: DiskErrorCode): string {
  switch (code) {
    case 'DISK_FULL':
      return 'make room on its device, then restart the broker'
    case 'READ_ONLY':
      return 'its file system is read-only, often after an error of the device: check the device, mount it writable, then restart the broker'
    case 'ACCESS_DENIED':
      return 'let the user that the broker runs as read and write the directory and all in it, then restart the broker'
    case 'NOT_FOUND':
    case 'NOT_A_DIRECTORY':
      return 'mount or restore it, then restart the broker'
    case 'TOO_MANY_OPEN_FILES':
      return 'raise the limit of open files (ulimit -n), then restart the broker'
    case 'ALREADY_EXISTS':
    case 'IS_A_DIRECTORY':
      return 'move away what is in the way, then restart the broker'
    case 'DISK_FAILED':
    case 'CLOSED':
    case 'LOCKED':
    case 'OFFLINE':
      return 'check the device and its file system, then restart the broker'
    default:
      return code satisfies never
  }
}

/** A sentence for whoever must act on it. */
export function describeFailure({ directory, operation, error }: DirectoryFailure): string {
  return `the log directory ${directory} failed (${operation}): ${error.message}; ${remedyOf(error.code)}`
}

function isWithin(path: string, root: string): boolean {
  return path.startsWith(root) && (path.length === root.length || path[root.length] === '/')
}

function withoutSlashes(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}
