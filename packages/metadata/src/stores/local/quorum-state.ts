import { KafkaError } from '@ottla/protocol'
import type { Disk } from '@ottla/runtime'

/**
 * `quorum-state` beside the log: who led the quorum last, in Kafka's form, so that Kafka could take over
 * where this store stops.
 *
 *   {"clusterId":"","leaderId":1,"leaderEpoch":5,"votedId":-1,"appliedOffset":0,
 *    "currentVoters":[{"voterId":1}],"data_version":0}
 */
export interface QuorumState {
  readonly leaderId: number
  readonly leaderEpoch: number
}

const NAME = 'quorum-state'

/** @returns null when there is none. @throws {KafkaError} when it cannot be read. */
export function readQuorumState(disk: Disk, directory: string): QuorumState | null {
  const path = `${directory}/${NAME}`
  if (disk.stat(path) === null) return null
  try {
    const { leaderId, leaderEpoch } = JSON.parse(disk.readFile(path).toString()) as QuorumState
    if (Number.isInteger(leaderId) && Number.isInteger(leaderEpoch))
      return { leaderId, leaderEpoch }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new KafkaError(
    'KAFKA_STORAGE_ERROR',
    `${path}: expected a JSON object with the numbers leaderId and leaderEpoch`,
  )
}

export function writeQuorumState(
  disk: Disk,
  directory: string,
  { leaderId, leaderEpoch }: QuorumState,
): void {
  const state = {
    clusterId: '',
    leaderId,
    leaderEpoch,
    votedId: -1,
    appliedOffset: 0,
    currentVoters: [{ voterId: leaderId }],
    data_version: 0,
  }
  disk.replaceFile(`${directory}/${NAME}`, JSON.stringify(state))
}
