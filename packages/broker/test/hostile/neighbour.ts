import assert from 'node:assert/strict'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import type { Clock } from '@ottla/runtime'
import type { Peer } from '../../fuzz/peer.ts'
import { goodBatch } from './hostile-batches.ts'

const TOPIC = 'neighbours-topic'

/** Writes a record and reads it back, again and again, and takes the time of it. */
export class Neighbour {
  readonly #peer: Peer
  readonly #clock: Clock
  #nextOffset = 0

  /** @param peer Its own connection, to itself alone. */
  constructor(peer: Peer, clock: Clock) {
    this.#peer = peer
    this.#clock = clock
  }

  async begin(): Promise<void> {
    const { topics } = await this.#peer.request(CreateTopicsApi, 7, {
      topics: [
        { name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    assert.equal(topics[0]!.errorCode, 0)
  }

  /** Milliseconds of the slowest but one in a hundred of so many rounds, `pauseMs` apart. */
  async p99(rounds: number, pauseMs: number): Promise<number> {
    const times: number[] = []
    for (let left = rounds; left > 0; left--) {
      const before = this.#clock.monotonic()
      await this.round()
      times.push(this.#clock.monotonic() - before)
      await this.#clock.sleep(pauseMs)
    }
    return times.toSorted((a, b) => a - b)[Math.floor(rounds * 0.99) - 1]!
  }

  async round(): Promise<void> {
    const { responses: produced } = await this.#peer.request(ProduceApi, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [
        { name: TOPIC, partitionData: [{ index: 0, records: goodBatch(this.#clock.now()) }] },
      ],
    })
    const { errorCode, baseOffset } = produced[0]!.partitionResponses[0]!
    assert.deepEqual([errorCode, Number(baseOffset)], [0, this.#nextOffset])
    const { responses: fetched } = await this.#peer.request(FetchApi, 12, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000_000,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [
        {
          topic: TOPIC,
          partitions: [{ partition: 0, fetchOffset: this.#nextOffset, partitionMaxBytes: 100_000 }],
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
    })
    const partition = fetched[0]!.partitions[0]!
    assert.equal(partition.errorCode, 0)
    assert.ok(partition.records!.length > 0)
    this.#nextOffset += 2
  }
}
