import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNumber } from '@ottla/protocol'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { HeartbeatApi } from '@ottla/protocol/messages/heartbeat'
import { JoinGroupApi } from '@ottla/protocol/messages/join-group'
import { LeaveGroupApi } from '@ottla/protocol/messages/leave-group'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import { encodeBatch } from '@ottla/records'
import { lettersId, scripted, type ScriptedBroker } from '../scripted-broker.ts'

/** A coordinator with one member, and a log with the records 0 to 9. What happened is in `events`. */
class ScriptedGroup {
  readonly events: string[] = []
  committed = -1
  heartbeatError = 0
  #generation = 0

  constructor(broker: ScriptedBroker) {
    broker.on(JoinGroupApi, ({ memberId, protocols }) => {
      if (memberId === '') {
        this.events.push('join: id required')
        return this.#joined('m-1', errorNumber('MEMBER_ID_REQUIRED'), Buffer.alloc(0))
      }
      this.#generation += 1
      this.heartbeatError = 0
      this.events.push(`join: ${memberId} generation ${this.#generation}`)
      return this.#joined(memberId, 0, protocols[0]!.metadata)
    })
    broker.on(SyncGroupApi, ({ assignments, memberId }) => {
      const mine = assignments.find((one) => one.memberId === memberId)
      const assignment = mine?.assignment ?? Buffer.alloc(0)
      return { errorCode: 0, assignment, protocolType: 'consumer', protocolName: 'range' }
    })
    broker.on(HeartbeatApi, () => {
      this.events.push('heartbeat')
      return { errorCode: this.heartbeatError }
    })
    broker.on(LeaveGroupApi, ({ members }) => {
      this.events.push(`leave: ${members[0]?.memberId}`)
      return { errorCode: 0 }
    })
    broker.on(OffsetCommitApi, ({ topics, generationIdOrMemberEpoch }) => {
      const { committedOffset } = topics[0]!.partitions[0]!
      this.committed = Number(committedOffset)
      this.events.push(`commit: ${committedOffset} in ${generationIdOrMemberEpoch}`)
      return { topics: [{ name: 'letters', partitions: [{ partitionIndex: 0, errorCode: 0 }] }] }
    })
    broker.on(OffsetFetchApi, ({ groups }) => ({
      groups: groups.map(({ groupId }) => ({
        groupId,
        topics: [
          {
            name: 'letters',
            partitions: [
              {
                partitionIndex: 0,
                committedOffset: this.committed,
                metadata: '',
                errorCode: 0,
              },
            ],
          },
        ],
      })),
    }))
    broker.on(ListOffsetsApi, () => ({
      topics: [{ name: 'letters', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 0 }] }],
    }))
    broker.on(FetchApi, ({ topics }) => {
      const baseOffset = Number(topics[0]?.partitions[0]?.fetchOffset)
      const records =
        baseOffset >= 10
          ? Buffer.alloc(0)
          : encodeBatch({ baseOffset, records: [{ timestamp: 0, value: Buffer.from('v') }] })
      const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 10 }
      const partitions = [{ ...partition, abortedTransactions: null, records }]
      return { throttleTimeMs: 0, responses: [{ topicId: lettersId, partitions }] }
    })
  }

  #joined(
    memberId: string,
    errorCode: number,
    metadata: Buffer,
  ): {
    errorCode: number
    generationId: number
    protocolName: string
    leader: string
    memberId: string
    members: { memberId: string; metadata: Buffer }[]
  } {
    return {
      errorCode,
      generationId: this.#generation,
      protocolName: 'range',
      leader: memberId,
      memberId,
      members: errorCode === 0 ? [{ memberId, metadata }] : [],
    }
  }
}

const options = { groupId: 'readers', topics: ['letters'], offsetReset: 'earliest' as const }

test('a member joins with the id it is given, reads, commits what it has read, and leaves', () =>
  scripted(async ({ brokers, client }) => {
    const group = new ScriptedGroup(brokers[0]!)
    const consumer = client.groupConsumer({ ...options, autoCommitIntervalMs: null })
    assert.equal((await consumer.poll())[0]?.offset, 0)
    assert.deepEqual(consumer.assignment, [{ topic: 'letters', partition: 0 }])
    assert.equal((await consumer.poll())[0]?.offset, 1)
    await consumer.commit()
    await consumer.commit()
    await consumer.close()
    assert.deepEqual(group.events, [
      'join: id required',
      'join: m-1 generation 1',
      'commit: 2 in 1',
      'leave: m-1',
    ])
  }))

test('reading goes on at the committed offset', () =>
  scripted(async ({ brokers, client }) => {
    const group = new ScriptedGroup(brokers[0]!)
    group.committed = 7
    await using consumer = client.groupConsumer(options)
    assert.equal((await consumer.poll())[0]?.offset, 7)
  }))

test('positions are committed by themselves, but not those of records still in work', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const group = new ScriptedGroup(brokers[0]!)
    const consumer = client.groupConsumer({ ...options, autoCommitIntervalMs: 1_000 })
    await consumer.poll()
    await simulation.node('client').clock.sleep(1_500)
    assert.equal(group.committed, -1, 'the caller may not have finished the first record')
    await consumer.poll()
    assert.equal(group.committed, 1)
    await consumer.close()
    assert.equal(group.committed, 2)
  }))

test('heartbeats keep the member; a rebalance commits in the old generation and joins the new', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const group = new ScriptedGroup(brokers[0]!)
    const { clock } = simulation.node('client')
    const consumer = client.groupConsumer(options)
    await consumer.poll()
    await clock.sleep(6_500)
    assert.equal(group.events.filter((event) => event === 'heartbeat').length, 2)
    group.heartbeatError = errorNumber('REBALANCE_IN_PROGRESS')
    await clock.sleep(3_000)
    await consumer.poll()
    assert.deepEqual(group.events.slice(-2), ['commit: 1 in 1', 'join: m-1 generation 2'])
    await consumer.close()
  }))

test('a member that the coordinator does not know any more joins as a new one', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const group = new ScriptedGroup(brokers[0]!)
    const consumer = client.groupConsumer(options)
    await consumer.poll()
    group.heartbeatError = errorNumber('UNKNOWN_MEMBER_ID')
    await simulation.node('client').clock.sleep(3_500)
    await assert.rejects(consumer.commit(), { code: 'UNKNOWN_MEMBER_ID' })
    await consumer.poll()
    assert.deepEqual(group.events.slice(-2), ['join: id required', 'join: m-1 generation 2'])
    await consumer.close()
  }))

test('a static member that another one has replaced stops for good', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const group = new ScriptedGroup(brokers[0]!)
    const consumer = client.groupConsumer({ ...options, groupInstanceId: 'one' })
    await consumer.poll()
    group.heartbeatError = errorNumber('FENCED_INSTANCE_ID')
    await simulation.node('client').clock.sleep(3_500)
    await assert.rejects(consumer.poll(), { code: 'FENCED_INSTANCE_ID' })
    await consumer.close()
    assert(!group.events.some((event) => event.startsWith('leave')), 'static members do not leave')
  }))
