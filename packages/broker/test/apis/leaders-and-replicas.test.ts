import assert from 'node:assert/strict'
import { AlterPartitionReassignmentsApi } from '@ottla/protocol/messages/alter-partition-reassignments'
import { ElectLeadersApi } from '@ottla/protocol/messages/elect-leaders'
import { ListPartitionReassignmentsApi } from '@ottla/protocol/messages/list-partition-reassignments'
import { behaviour } from '../support/behaviour.ts'

const timeoutMs = 1_000
const PREFERRED = 0
const UNCLEAN = 1

behaviour('ElectLeaders finds nothing to do where all lead who should', async (subject) => {
  const { client, topic } = subject
  const { name } = await topic({}, 2)
  for (const version of [0, 1, 2]) {
    const answer = await client.request(ElectLeadersApi, version, {
      ...(version > 0 && { electionType: PREFERRED }),
      topicPartitions: [
        { topic: name, partitions: [0, 1, 7] },
        { topic: 'nope', partitions: [0] },
      ],
      timeoutMs,
    })
    const notNeeded = 'Leader election not needed for topic partition.'
    assert.deepEqual(answer, {
      throttleTimeMs: 0,
      errorCode: 0,
      replicaElectionResults: [
        {
          topic: name,
          partitionResult: [
            { partitionId: 0, errorCode: 84, errorMessage: notNeeded },
            { partitionId: 1, errorCode: 84, errorMessage: notNeeded },
            { partitionId: 7, errorCode: 3, errorMessage: `No such partition as ${name}-7` },
          ],
        },
        {
          topic: 'nope',
          partitionResult: [
            { partitionId: 0, errorCode: 3, errorMessage: 'No such topic as nope' },
          ],
        },
      ],
    })
  }
})

behaviour('ElectLeaders of all partitions names only those it has changed', async (subject) => {
  const { client, topic } = subject
  const { name } = await topic()
  for (const electionType of [PREFERRED, UNCLEAN]) {
    const { errorCode, replicaElectionResults } = await client.request(ElectLeadersApi, 2, {
      electionType,
      topicPartitions: null,
      timeoutMs,
    })
    assert.equal(errorCode, 0)
    const found = replicaElectionResults.find((result) => result.topic === name)
    assert.deepEqual(found, { topic: name, partitionResult: [] })
  }
})

behaviour('ElectLeaders refuses an election that does not exist', async ({ client, topic }) => {
  const { name } = await topic()
  const answer = await client.request(ElectLeadersApi, 2, {
    electionType: 7,
    topicPartitions: [{ topic: name, partitions: [0] }],
    timeoutMs,
  })
  assert.equal(answer.errorCode, 42)
  assert.deepEqual(answer.replicaElectionResults[0]?.partitionResult, [
    { partitionId: 0, errorCode: 42, errorMessage: 'Unknown election type 7' },
  ])
})

behaviour(
  'AlterPartitionReassignments leaves replicas where there is one broker',
  async (subject) => {
    const { client, topic } = subject
    const { name } = await topic({}, 2)
    const missing =
      'The manual partition assignment includes broker 2, but no such broker is registered.'
    for (const [partitionIndex, replicas, errorCode, errorMessage] of [
      [0, [1], 0, null],
      [0, [2], 39, missing],
      [0, [1, 2], 39, missing],
      [0, [1, 1], 39, 'The manual partition assignment includes the broker 1 more than once.'],
      [1, [], 39, 'The manual partition assignment includes an empty replica list.'],
      [1, null, 85, null],
      [5, [1], 3, `Unable to find partition ${name}:5.`],
    ] as const) {
      for (const version of [0, 1]) {
        const answer = await client.request(AlterPartitionReassignmentsApi, version, {
          timeoutMs,
          topics: [
            {
              name,
              partitions: [{ partitionIndex, replicas: replicas === null ? null : [...replicas] }],
            },
          ],
        })
        assert.deepEqual(answer, {
          throttleTimeMs: 0,
          allowReplicationFactorChange: true,
          errorCode: 0,
          errorMessage: null,
          responses: [{ name, partitions: [{ partitionIndex, errorCode, errorMessage }] }],
        })
      }
    }
    const unknown = await client.request(AlterPartitionReassignmentsApi, 1, {
      timeoutMs,
      allowReplicationFactorChange: false,
      topics: [{ name: 'nope', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
    })
    assert.equal(unknown.allowReplicationFactorChange, false)
    assert.deepEqual(unknown.responses[0]?.partitions, [
      { partitionIndex: 0, errorCode: 3, errorMessage: 'Unable to find a topic named nope.' },
    ])
    const nothing = await client.request(AlterPartitionReassignmentsApi, 1, {
      timeoutMs,
      topics: [],
    })
    assert.equal(nothing.errorMessage, '')
  },
)

behaviour('ListPartitionReassignments finds none', async ({ client, topic }) => {
  const { name } = await topic()
  for (const topics of [null, [{ name, partitionIndexes: [0, 4] }], []]) {
    const answer = await client.request(ListPartitionReassignmentsApi, 0, { timeoutMs, topics })
    assert.deepEqual(answer, { throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics: [] })
  }
})
