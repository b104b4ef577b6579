import type { Logger } from '@ottla/runtime'
import type { BackgroundWork } from './background-work.ts'
import type { LogDirectory } from './log-directory.ts'
import type { ManagedLog } from './managed-log.ts'
import { readMovedFrom, removeMovedFrom } from './moved-from.ts'
import { chooseLog } from './duplicate-logs.ts'
import { DELETE_DIRECTORY_SUFFIX, partitionDirectoryName } from './paths.ts'
import type { StorageResources } from './resources.ts'

export interface PastMovesOptions {
  readonly resources: StorageResources
  readonly logger: Logger
  readonly work: BackgroundWork
}

/** What moves that an earlier process made have left in the data directories. */
export class PastMoves {
  readonly #resources: StorageResources
  readonly #logger: Logger
  readonly #work: BackgroundWork
  /** Folders of logs that are in another directory by now. */
  readonly #outdated: { readonly name: string; readonly directory: LogDirectory }[] = []

  constructor({ resources, logger, work }: PastMovesOptions) {
    this.#resources = resources
    this.#logger = logger
    this.#work = work
  }

  /**
   * A log that is in two directories: a crash came when it had just been moved. The one that says so
   * (`moved-from`) has everything, and takes over the marks that the other's checkpoints have.
   *
   * @returns The one that counts.
   * @throws DataDirectoryError when neither says anything, as `chooseLog`
   */
  choose(first: ManagedLog, second: ManagedLog): ManagedLog {
    const { disk, random } = this.#resources
    const name = partitionDirectoryName(first.topic, first.partition)
    const one = first.directory
    const other = second.directory
    const isOneNewer = this.#wasMoved(name, one, other)
    if (isOneNewer === this.#wasMoved(name, other, one)) {
      return chooseLog(disk, random, this.#logger, first, second)
    }
    const [newer, older] = isOneNewer ? [one, other] : [other, one]
    this.#logger.info('a log had just been moved when the broker stopped', {
      log: name,
      from: older.path,
      to: newer.path,
    })
    newer.inherit(name, older)
    this.#outdated.push({ name, directory: older })
    return isOneNewer ? first : second
  }

  /**
   * Nothing but the logs that count is left when this resolves, and they need not say any more where
   * they came from. (A directory that is not here now may still have an older log.)
   *
   * @param checkpoint Writes all checkpoints.
   */
  async clearUp(
    logs: Iterable<ManagedLog>,
    directories: readonly LogDirectory[],
    checkpoint: () => Promise<void>,
  ): Promise<void> {
    if (directories.length === 1) return
    const { disk } = this.#resources
    // What the logs inherited comes first; only then may the folders they have it from be without a name.
    if (this.#outdated.length > 0) await checkpoint()
    for (const { name, directory } of this.#outdated) await this.#remove(name, directory)
    const here = new Set(directories.map(({ properties }) => properties.directoryId))
    for (const { topic, partition, directory } of logs) {
      const folder = `${directory.path}/${partitionDirectoryName(topic, partition)}`
      const from = readMovedFrom(disk, folder, this.#logger)
      if (from !== null && here.has(from)) await removeMovedFrom(disk, folder)
    }
  }

  #wasMoved(name: string, to: LogDirectory, from: LogDirectory): boolean {
    const { disk } = this.#resources
    return readMovedFrom(disk, `${to.path}/${name}`, this.#logger) === from.properties.directoryId
  }

  async #remove(name: string, { path }: LogDirectory): Promise<void> {
    const { disk, random } = this.#resources
    const uniqueId = random.bytes(16).toString('hex')
    const retired = `${path}/${name}.${uniqueId}${DELETE_DIRECTORY_SUFFIX}`
    disk.rename(`${path}/${name}`, retired)
    await disk.syncDirectory(path)
    this.#work.own(disk.removeTree(retired))
  }
}
