import type { LogDirectory } from './log-directory.ts'
import type { Log } from './log.ts'
import type { PartitionName } from './paths.ts'

/** A log of the log manager's, from the moment that its folder is known. */
export interface ManagedLog extends PartitionName {
  /** Another once the log has been moved. */
  directory: LogDirectory
  /** null: the folder does not say (it was made by an old broker). */
  topicId: string | null
  /** null: it was found, and nobody has asked for it yet. */
  opening: Promise<Log> | null
  /** Set while it is being taken away: a log of that name may be made afterwards. */
  retiring: Promise<void> | null
  /** Set once it is open. */
  log: Log | null
  /** Whether somebody asked for it since the start: else the metadata may not know it any more. */
  isClaimed: boolean
}

/** Lets go of the files of a log whose directory failed. */
export async function discard({ opening }: ManagedLog): Promise<void> {
  const log = await opening?.catch(() => null) // it has been said
  await log?.discard()
}
