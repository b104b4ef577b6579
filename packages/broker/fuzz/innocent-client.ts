import assert from 'node:assert/strict'
import { Writer } from '@ottla/protocol'
import { ConsumerProtocolSubscription } from '@ottla/protocol/messages/consumer-protocol-subscription'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { HeartbeatApi, type HeartbeatResponse } from '@ottla/protocol/messages/heartbeat'
import { JoinGroupApi } from '@ottla/protocol/messages/join-group'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import { batchSizeBytes, decodeBatch, encodeBatch } from '@ottla/records'
import { INNOCENT_GROUP, INNOCENT_TOPIC } from './pools.ts'
import type { Peer } from './peer.ts'

const MEMBER_ID_REQUIRED = 79
/** The coordinator is being loaded, not known yet, or not told yet that it is the one. */
const COMING = new Set([14, 15, 16])

const SESSION_TIMEOUT_MS = 1_800_000

/**
 * Somebody who does nothing wrong: writes to a topic, reads all of it back, is a member of a group and
 * commits. Whatever others send, every request of its is answered without an error.
 */
export class InnocentClient {
  readonly #connect: () => Promise<Peer>
  readonly #now: () => number
  #peer!: Peer
  /** The broker may have just started. */
  #isNew = true
  #written = 0
  #memberId = ''
  #generationId = -1
  #ids: readonly string[] = []

  constructor(connect: () => Promise<Peer>, now: () => number) {
    this.#connect = connect
    this.#now = now
  }

  /** Ids that would rightly harm it in somebody else's requests. */
  get ids(): readonly string[] {
    return this.#ids
  }

  /** Makes the topic and joins the group. */
  async begin(): Promise<void> {
    await this.reconnect()
    const { topics } = await this.#peer.request(CreateTopicsApi, 7, {
      topics: [
        {
          name: INNOCENT_TOPIC,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    assert.equal(topics[0]!.errorCode, 0, 'the innocent topic is made')
    await this.#findCoordinator()
    const metadata = await this.#peer.request(MetadataApi, 12, {
      topics: [{ name: INNOCENT_TOPIC }, { name: '__consumer_offsets' }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
    })
    await this.#join()
    this.#ids = [this.#memberId, ...metadata.topics.map(({ topicId }) => topicId)]
  }

  /** A new connection, to a broker that may be a new one too. */
  async reconnect(): Promise<void> {
    this.#peer?.close()
    this.#peer = await this.#connect()
    this.#isNew = true
  }

  close(): void {
    this.#peer.close()
  }

  /** Throws when anything that was promised does not hold. */
  async check(): Promise<void> {
    await this.#produce()
    await this.#fetchAll()
    await this.#useGroup()
  }

  async #produce(): Promise<void> {
    const value = Buffer.from(`record ${this.#written}`)
    const { responses } = await this.#peer.request(ProduceApi, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [
        {
          name: INNOCENT_TOPIC,
          partitionData: [
            {
              index: 0,
              records: encodeBatch({
                records: [{ timestamp: this.#now(), key: null, value, headers: [] }],
              }),
            },
          ],
        },
      ],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    assert.deepEqual({ errorCode, baseOffset }, { errorCode: 0, baseOffset: this.#written })
    this.#written += 1
  }

  async #fetchAll(): Promise<void> {
    const values: string[] = []
    while (values.length < this.#written) {
      const { responses, errorCode } = await this.#peer.request(FetchApi, 12, {
        replicaId: -1,
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 10_000_000,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [
          {
            topic: INNOCENT_TOPIC,
            partitions: [
              { partition: 0, fetchOffset: values.length, partitionMaxBytes: 1_000_000 },
            ],
          },
        ],
        forgottenTopicsData: [],
        rackId: '',
      })
      assert.equal(errorCode, 0, 'the innocent fetch is answered')
      const partition = responses[0]!.partitions[0]!
      assert.equal(partition.errorCode, 0, 'the innocent partition is read')
      assert.equal(Number(partition.highWatermark), this.#written)
      const records = partition.records!
      assert.ok(records.length > 0, 'what was written is there')
      for (let at = 0; at < records.length; at += batchSizeBytes(records, at)) {
        const batch = decodeBatch(records, at)
        for (const { value } of batch.records) values.push(value!.toString())
      }
    }
    assert.deepEqual(
      values,
      Array.from({ length: this.#written }, (_, offset) => `record ${offset}`),
    )
  }

  /** The first question makes the groups' topic, whose partitions are then loaded. */
  async #findCoordinator(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { coordinators } = await this.#peer.request(FindCoordinatorApi, 4, {
        keyType: 0,
        coordinatorKeys: [INNOCENT_GROUP],
      })
      const { errorCode } = coordinators[0]!
      if (errorCode === 0) return
      assert.ok(attempt < 100, `the groups' coordinator is found, not error ${errorCode}`)
      await this.#peer.answered(1, 100)
    }
  }

  async #join(): Promise<void> {
    const request = {
      groupId: INNOCENT_GROUP,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription() }],
    }
    let joined = await this.#whenLoaded(() => this.#peer.request(JoinGroupApi, 6, request))
    if (joined.errorCode === MEMBER_ID_REQUIRED) {
      joined = await this.#peer.request(JoinGroupApi, 6, { ...request, memberId: joined.memberId })
    }
    assert.equal(joined.errorCode, 0, 'the innocent joins its group')
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const { errorCode } = await this.#peer.request(SyncGroupApi, 4, {
      groupId: INNOCENT_GROUP,
      generationId: this.#generationId,
      memberId: this.#memberId,
      assignments: [{ memberId: this.#memberId, assignment: Buffer.from('all') }],
    })
    assert.equal(errorCode, 0, 'the innocent gets its assignment')
  }

  /** Asks again while the coordinator is not ready. */
  async #whenLoaded<Answer extends { readonly errorCode: number }>(
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const answer = await ask()
      if (!COMING.has(answer.errorCode) || attempt === 100) return answer
      await this.#peer.answered(1, 100)
    }
  }

  async #useGroup(): Promise<void> {
    const groupId = INNOCENT_GROUP
    const beat = (): Promise<HeartbeatResponse> =>
      this.#peer.request(HeartbeatApi, 4, {
        groupId,
        generationId: this.#generationId,
        memberId: this.#memberId,
      })
    const heartbeat = this.#isNew ? await this.#whenLoaded(beat) : await beat()
    this.#isNew = false
    assert.equal(heartbeat.errorCode, 0, 'the innocent is a member still')
    const committed = await this.#peer.request(OffsetCommitApi, 8, {
      groupId,
      generationIdOrMemberEpoch: this.#generationId,
      memberId: this.#memberId,
      topics: [
        {
          name: INNOCENT_TOPIC,
          partitions: [
            { partitionIndex: 0, committedOffset: this.#written, committedMetadata: 'mine' },
          ],
        },
      ],
    })
    assert.equal(committed.topics[0]!.partitions[0]!.errorCode, 0, 'the innocent commits')
    const fetched = await this.#peer.request(OffsetFetchApi, 8, {
      groups: [{ groupId, topics: [{ name: INNOCENT_TOPIC, partitionIndexes: [0] }] }],
      requireStable: false,
    })
    const { committedOffset, metadata } = fetched.groups[0]!.topics[0]!.partitions[0]!
    assert.deepEqual(
      { committedOffset: Number(committedOffset), metadata },
      { committedOffset: this.#written, metadata: 'mine' },
    )
  }
}

/** To its own topic: Kafka never answers a join whose subscription it cannot read. */
function subscription(): Buffer {
  const writer = new Writer()
  writer.int16(0)
  ConsumerProtocolSubscription.write(writer, { topics: [INNOCENT_TOPIC], userData: null }, 0)
  return writer.finishWhole()
}
