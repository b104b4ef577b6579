import type { Metadata } from '../metadata.ts'
import type { RequestContext } from '../network/request-context.ts'

/** Who leads a partition, for a client that asked the wrong broker (KIP-951). */
export function currentLeaderOf(
  metadata: Metadata,
  topic: string,
  index: number,
): { leaderId: number; leaderEpoch: number } | undefined {
  const partition = metadata.image.partition(topic, index)
  if (partition === undefined) return undefined
  return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
}

/** Where those leaders are, on the listener that the client uses. */
export function leaderEndpoints(
  { metadata, connection }: RequestContext,
  leaderIds: readonly number[],
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  return metadata
    .nodes(connection.listenerName)
    .filter(({ nodeId }) => leaderIds.includes(nodeId))
    .map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack }))
}
