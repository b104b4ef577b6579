import type { OfflineDirectory } from '@ottla/storage'
import type { CoordinatorElection } from './replica-assigner.ts'
import type { Replicas } from './replicas.ts'
import { OFFSETS_TOPIC } from '../internal-topics.ts'

/**
 * A log directory failed: the replicas in it are given up, and their coordinators resign. Whoever waits
 * for one of them is told at once.
 *
 * @returns How many there were.
 */
export function giveUpReplicas(
  { directory }: OfflineDirectory,
  replicas: Replicas,
  groups: CoordinatorElection,
): number {
  // Its logs, and no others, have failed by now.
  const lost = [...replicas.all()].filter(
    ({ log }) => log.isFailed || isWithin(log.directory, directory),
  )
  for (const { topic, topicId, index } of lost) {
    if (topic === OFFSETS_TOPIC) groups.resign(index)
    replicas.setOffline(topic, index, topicId, `the log directory ${directory} failed`)
  }
  return lost.length
}

function isWithin(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
