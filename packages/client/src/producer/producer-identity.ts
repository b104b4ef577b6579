import { throwIfError } from '@ottla/protocol'
import { InitProducerIdApi } from '@ottla/protocol/messages/init-producer-id'
import type { Cluster } from '../cluster/cluster.ts'

/**
 * What an idempotent producer is to the brokers: an id, and a sequence number for each partition that
 * goes up by one a record. Brokers store a batch only when its first number follows the last one.
 */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
  /** By `topic-partition`. */
  readonly nextSequences: Map<string, number>
}

/** Asks any broker for a fresh id. */
export async function initProducerId(
  cluster: Cluster,
  options: { readonly timeoutMs: number },
): Promise<ProducerIdentity> {
  return cluster.call(async () => {
    const response = await cluster.send('any', InitProducerIdApi, () => ({
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    }))
    throwIfError(response.errorCode)
    return {
      producerId: Number(response.producerId),
      producerEpoch: response.producerEpoch,
      nextSequences: new Map(),
    }
  }, options)
}
