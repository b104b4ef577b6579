import { errorName, KafkaError } from '@ottla/protocol'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { encodeBatch } from '@ottla/records'
import type { Cluster } from '../cluster/cluster.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ResolvedProducerOptions } from './producer-options.ts'
import type { ProducerIdentity } from './producer-identity.ts'

/** Hands out the identity that new batches carry, and takes one back that is no longer good. */
export interface IdentitySource {
  current(): Promise<ProducerIdentity>
  discard(identity: ProducerIdentity): void
}

const acksCode = { all: -1, leader: 1, none: 0 } as const

/**
 * Sends one partition's batches to its leader, one at a time and in order. A retry sends the very same
 * bytes, sequence numbers included, so that the broker can tell it from a new batch.
 */
export class PartitionSender {
  readonly topic: string
  readonly partition: number
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions
  readonly #identities: IdentitySource

  constructor(
    topic: string,
    partition: number,
    cluster: Cluster,
    options: ResolvedProducerOptions,
    identities: IdentitySource,
  ) {
    this.topic = topic
    this.partition = partition
    this.#cluster = cluster
    this.#options = options
    this.#identities = identities
  }

  /** Settles the batch; never rejects. */
  async send(batch: ProducerBatch): Promise<void> {
    try {
      await this.#sendWithIdentity(batch)
    } catch (error) {
      batch.fail(error as Error)
    }
  }

  async #sendWithIdentity(batch: ProducerBatch): Promise<void> {
    const identity = this.#options.isIdempotent ? await this.#identities.current() : null
    const name = `${this.topic}-${this.partition}`
    const sequence = identity?.nextSequences.get(name) ?? 0
    const records = this.#encode(batch, identity, sequence)
    try {
      const { baseOffset, logAppendTimeMs } = await this.#deliver(records, batch)
      identity?.nextSequences.set(name, (sequence + batch.records.length) % 0x8000_0000)
      batch.succeed(baseOffset, logAppendTimeMs)
    } catch (error) {
      if (!(error instanceof KafkaError) || identity === null) throw error
      if (error.code === 'DUPLICATE_SEQUENCE_NUMBER') {
        identity.nextSequences.set(name, (sequence + batch.records.length) % 0x8000_0000)
        batch.succeed(-1, -1)
        return
      }
      // Whether the broker has the batch is not known, or it has lost track of this producer: the next
      // batch cannot tell which sequence number to have. A new identity begins at 0 everywhere.
      if (error.retriable || isAboutSequence(error)) this.#identities.discard(identity)
      throw error
    }
  }

  #encode(batch: ProducerBatch, identity: ProducerIdentity | null, sequence: number): Buffer {
    const { compression, compressionLevel } = this.#options
    return encodeBatch({
      records: batch.records,
      compression,
      ...(compressionLevel !== undefined && { compressionLevel }),
      ...(identity !== null && {
        producerId: identity.producerId,
        producerEpoch: identity.producerEpoch,
        baseSequence: sequence,
      }),
    })
  }

  #deliver(
    records: Buffer,
    batch: ProducerBatch,
  ): Promise<{ baseOffset: number; logAppendTimeMs: number }> {
    const { clock } = this.#cluster.options.runtime
    const spentMs = clock.monotonic() - batch.createdAt
    const timeoutMs = Math.max(0, this.#options.deliveryTimeoutMs - spentMs)
    return this.#cluster.call(() => this.#attempt(records), { timeoutMs })
  }

  async #attempt(records: Buffer): Promise<{ baseOffset: number; logAppendTimeMs: number }> {
    const { topicId } = await this.#cluster.topic(this.topic)
    const { leaderId } = await this.#cluster.partition(this.topic, this.partition)
    const { requestTimeoutMs } = this.#cluster.options
    const body = {
      acks: acksCode[this.#options.acks],
      timeoutMs: requestTimeoutMs,
      topicData: [
        {
          name: this.topic,
          topicId,
          partitionData: [{ index: this.partition, records }],
        },
      ],
    }
    const connection = await this.#cluster.connection(leaderId)
    const version = connection.versionFor(ProduceApi, highestVersion(topicId))
    if (this.#options.acks === 'none') {
      connection.post(ProduceApi, version, body)
      await connection.drained()
      return { baseOffset: -1, logAppendTimeMs: -1 }
    }
    const response = await connection.request(ProduceApi, version, body)
    const answer = response.responses[0]?.partitionResponses[0]
    if (answer === undefined) {
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'a Produce answer without the partition')
    }
    if (answer.errorCode !== 0) throw this.#refused(answer)
    return {
      baseOffset: Number(answer.baseOffset),
      logAppendTimeMs: Number(answer.logAppendTimeMs),
    }
  }

  #refused(answer: {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly recordErrors: readonly { readonly batchIndexErrorMessage: string | null }[]
  }): KafkaError {
    const code = errorName(answer.errorCode)
    const said = answer.errorMessage ?? answer.recordErrors[0]?.batchIndexErrorMessage
    const { message } = new KafkaError(code, said ?? undefined)
    return new KafkaError(code, `${this.topic}-${this.partition}: ${message}`)
  }
}

/** Version 13 names topics by id (KIP-516), which an old broker does not give. */
function highestVersion(topicId: string): number {
  return /^A+$/.test(topicId) ? 12 : Infinity
}

function isAboutSequence({ code }: KafkaError): boolean {
  return (
    code === 'OUT_OF_ORDER_SEQUENCE_NUMBER' ||
    code === 'UNKNOWN_PRODUCER_ID' ||
    code === 'INVALID_PRODUCER_EPOCH' ||
    code === 'INVALID_PRODUCER_ID_MAPPING'
  )
}
