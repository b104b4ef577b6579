import { errorNumber, NO_ERROR } from '@ottla/protocol'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  type AlterReplicaLogDirsResponseInput,
} from '@ottla/protocol/messages/alter-replica-log-dirs'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * AlterReplicaLogDirs (key 34), versions 1–2: logs move to other data directories of this broker (KIP-113).
 *
 * Answers once the moves have begun; DescribeLogDirs shows how far they are. A partition that this broker
 * does not have is REPLICA_NOT_AVAILABLE, one that nobody has UNKNOWN_TOPIC_OR_PARTITION; should it be made
 * here, it will be in that directory. One that is named twice goes where it is named last.
 *
 *   v2  flexible encoding (KIP-482)
 *
 * What is left out: asking whether the client may (ALTER on the cluster).
 */
export const alterReplicaLogDirsApi: AnyApi = defineApi({
  request: AlterReplicaLogDirsRequest,
  response: AlterReplicaLogDirsResponse,
  handle: alterReplicaLogDirs,
  refuse: (request, { errorCode }) => answer(targets(request), () => errorCode),
})

async function alterReplicaLogDirs(
  request: AlterReplicaLogDirsRequest,
  context: RequestContext,
): Promise<AlterReplicaLogDirsResponseInput> {
  const { directories, metadata } = context
  const wanted = targets(request)
  const errors = new Map<string, number>()
  for (const [topic, partitions] of wanted) {
    for (const [partition, path] of partitions) {
      let error = NO_ERROR
      try {
        await directories.moveTo(topic, partition, path)
      } catch (reason) {
        const { code, errorCode } = context.asKafkaError(reason)
        const isUnknown =
          code === 'REPLICA_NOT_AVAILABLE' && !metadata.hasPartition(topic, partition)
        error = isUnknown ? errorNumber('UNKNOWN_TOPIC_OR_PARTITION') : errorCode
      }
      errors.set(`${topic}-${partition}`, error)
    }
  }
  return answer(wanted, (topic, partition) => errors.get(`${topic}-${partition}`) ?? NO_ERROR)
}

/** By topic and partition, the path of the directory it is to go to. */
type Targets = ReadonlyMap<string, ReadonlyMap<number, string>>

function targets({ dirs }: AlterReplicaLogDirsRequest): Targets {
  const found = new Map<string, Map<number, string>>()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      let ofTopic = found.get(name)
      if (ofTopic === undefined) found.set(name, (ofTopic = new Map()))
      for (const partition of partitions) ofTopic.set(partition, path)
    }
  }
  return found
}

function answer(
  wanted: Targets,
  errorOf: (topic: string, partition: number) => number,
): AlterReplicaLogDirsResponseInput {
  return {
    throttleTimeMs: 0,
    results: Array.from(wanted, ([topicName, partitions]) => ({
      topicName,
      partitions: Array.from(partitions.keys(), (partitionIndex) => ({
        partitionIndex,
        errorCode: errorOf(topicName, partitionIndex),
      })),
    })),
  }
}
