import { errorNumber, NO_ERROR } from '@ottla/protocol'
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  type DescribeLogDirsResponseInput,
  type DescribeLogDirsResultInput,
  type DescribeLogDirsTopicInput,
} from '@ottla/protocol/messages/describe-log-dirs'
import type { DirectoryDescription, LogDescription } from '@ottla/storage'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * DescribeLogDirs (key 35), versions 1–5: this broker's data directories and the logs in them, as large
 * as they are now (KIP-113). The metadata log is not among them, as in Kafka.
 *
 *   v2  flexible encoding (KIP-482)
 *   v3  an error of the whole answer (KIP-784)
 *   v4  the size of each directory's file system (KIP-827)
 *   v5  whether it is cordoned (KIP-1066)
 *
 * What is left out: asking whether the client may (DESCRIBE on the cluster).
 */
export const describeLogDirsApi: AnyApi = defineApi({
  request: DescribeLogDirsRequest,
  response: DescribeLogDirsResponse,
  handle: describeLogDirs,
  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.errorCode, results: [] }),
})

function describeLogDirs(
  { topics }: DescribeLogDirsRequest,
  { directories }: RequestContext,
): DescribeLogDirsResponseInput {
  const wanted = topics === null ? null : new Map<string, Set<number>>()
  for (const { topic, partitions } of topics ?? []) {
    const already = wanted?.get(topic)
    wanted?.set(topic, new Set([...(already ?? []), ...partitions]))
  }
  return {
    throttleTimeMs: 0,
    errorCode: NO_ERROR,
    results: directories.directories.map((directory) => describe(directory, wanted)),
  }
}

function describe(
  directory: DirectoryDescription,
  wanted: ReadonlyMap<string, ReadonlySet<number>> | null,
): DescribeLogDirsResultInput {
  const { path, isOnline, isCordoned, totalBytes, usableBytes, logs } = directory
  if (!isOnline) {
    return { errorCode: errorNumber('KAFKA_STORAGE_ERROR'), logDir: path, topics: [] }
  }
  return {
    errorCode: NO_ERROR,
    logDir: path,
    topics: byTopic(logs, wanted),
    totalBytes: totalBytes,
    usableBytes: usableBytes,
    isCordoned,
  }
}

function byTopic(
  logs: readonly LogDescription[],
  wanted: ReadonlyMap<string, ReadonlySet<number>> | null,
): DescribeLogDirsTopicInput[] {
  const topics = new Map<string, LogDescription[]>()
  for (const log of logs) {
    if (wanted !== null && wanted.get(log.topic)?.has(log.partition) !== true) continue
    const ofTopic = topics.get(log.topic)
    if (ofTopic === undefined) topics.set(log.topic, [log])
    else ofTopic.push(log)
  }
  return Array.from(topics, ([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, sizeBytes, offsetLag, isFuture }) => ({
      partitionIndex: partition,
      partitionSize: sizeBytes,
      offsetLag: offsetLag,
      isFutureKey: isFuture,
    })),
  }))
}
