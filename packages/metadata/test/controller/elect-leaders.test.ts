import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ElectLeadersResponseInput } from '@ottla/protocol/messages/elect-leaders'
import { withController } from '../cluster.ts'
import type { TestController } from '../cluster.ts'
import { creation, heartbeat, join, topic } from '../requests.ts'

const PREFERRED = 0
const UNCLEAN = 1
const NONE = 0
const PREFERRED_LEADER_NOT_AVAILABLE = 80
const ELIGIBLE_LEADERS_NOT_AVAILABLE = 83

async function electAll(
  { controller, loader, store }: TestController,
  electionType: number,
): Promise<ElectLeadersResponseInput['replicaElectionResults']> {
  const request = { electionType, topicPartitions: null, timeoutMs: 1000 }
  const answer = await controller.electLeaders(request)
  assert.equal(answer.errorCode, NONE)
  await loader.caughtUpTo(store.endOffset)
  return answer.replicaElectionResults
}

/** A topic on brokers 2 and 1, of which 2 led until it was fenced. */
async function letters(cluster: TestController): Promise<{ readonly epochOf2: number }> {
  const { controller, loader, store } = cluster
  await join(cluster, 1)
  const epochOf2 = await join(cluster, 2)
  await controller.createTopics(
    creation(
      topic('letters', {
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [2, 1] }],
      }),
    ),
  )
  await controller.brokerHeartbeat(heartbeat(2, epochOf2, loader.image.offset, { wantFence: true }))
  await loader.caughtUpTo(store.endOffset)
  assert.equal(loader.image.partition('letters', 0)?.leader, 1)
  return { epochOf2 }
}

test(
  'a preferred leader that is not in sync cannot be elected',
  withController(async (cluster) => {
    await letters(cluster)
    const [result] = await electAll(cluster, PREFERRED)
    assert.equal(result?.partitionResult[0]?.errorCode, PREFERRED_LEADER_NOT_AVAILABLE)
    assert.equal(cluster.loader.image.partition('letters', 0)?.leader, 1)
    // Somebody leads: an unclean election is not needed.
    assert.deepEqual((await electAll(cluster, UNCLEAN))[0]?.partitionResult, [])
  }),
)

test(
  'a partition without a leader gets one by an unclean election, when a replica is alive',
  withController(async (cluster) => {
    const { controller, loader, store } = cluster
    const { epochOf2 } = await letters(cluster)
    const one = loader.image.broker(1)!
    await controller.brokerHeartbeat(
      heartbeat(1, one.epoch, loader.image.offset, { wantFence: true }),
    )
    await loader.caughtUpTo(store.endOffset)
    assert.equal(loader.image.partition('letters', 0)?.leader, -1)
    const [nobody] = await electAll(cluster, UNCLEAN)
    assert.equal(nobody?.partitionResult[0]?.errorCode, ELIGIBLE_LEADERS_NOT_AVAILABLE)

    await controller.brokerHeartbeat(heartbeat(2, epochOf2, loader.image.offset))
    await loader.caughtUpTo(store.endOffset)
    assert.equal(loader.image.partition('letters', 0)?.leader, -1, 'it may not have everything')
    const [elected] = await electAll(cluster, UNCLEAN)
    assert.deepEqual(elected?.partitionResult, [
      { partitionId: 0, errorCode: NONE, errorMessage: null },
    ])
    const after = loader.image.partition('letters', 0)!
    assert.equal(after.leader, 2)
    assert.deepEqual(after.isr, [2])
  }),
)
