import { CreatePartitionsApi } from '@ottla/protocol/messages/create-partitions'
import type { KafkaError } from '@ottla/protocol'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { errorOf, retryWhenNotController } from './outcome.ts'

/**
 * Gives topics more partitions, up to a count; records that are there stay where they are.
 * @returns For each topic, in their order, what the broker refused it for, or null.
 */
export async function createPartitions(
  cluster: Cluster,
  topics: readonly { readonly name: string; readonly count: number }[],
  options: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<readonly { readonly name: string; readonly error: KafkaError | null }[]> {
  const { requestTimeoutMs: timeoutMs } = cluster.options
  return cluster.call(async () => {
    const response = await cluster.send(
      'controller',
      CreatePartitionsApi,
      () => ({
        topics: topics.map(({ name, count }) => ({ name, count, assignments: null })),
        timeoutMs,
        validateOnly: options.validateOnly ?? false,
      }),
      { signal: options.signal },
    )
    retryWhenNotController(response.results.map(({ errorCode }) => errorCode))
    cluster.forgetMetadata()
    return response.results.map(({ name, errorCode, errorMessage }) => ({
      name,
      error: errorOf(errorCode, errorMessage),
    }))
  }, options)
}
