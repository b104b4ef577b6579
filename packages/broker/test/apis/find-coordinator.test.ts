import assert from 'node:assert/strict'
import {
  FindCoordinatorApi,
  type FindCoordinatorRequestInput,
  type FindCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator'
import { behaviour, type Subject } from '../support/behaviour.ts'

const COORDINATOR_NOT_AVAILABLE = 15
const INVALID_REQUEST = 42

/** Asks until the internal topic is there: Kafka makes it when it is first asked for. */
async function find(
  { client, sleep }: Subject,
  version: number,
  request: FindCoordinatorRequestInput,
): Promise<FindCoordinatorResponse> {
  for (let tries = 0; ; tries++) {
    const answer = await client.request(FindCoordinatorApi, version, request)
    const [first] = answer.coordinators
    const errorCode = first?.errorCode ?? answer.errorCode
    if (errorCode !== COORDINATOR_NOT_AVAILABLE || tries === 20) return answer
    await sleep(300)
  }
}

behaviour('FindCoordinator finds one group below version 4', async (subject) => {
  for (const version of [0, 1, 2, 3]) {
    const { host, port, ...answer } = await find(subject, version, { key: 'readers', keyType: 0 })
    assert.ok(host !== '' && port > 0)
    assert.deepEqual(answer, {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: version === 0 ? '' : 'NONE',
      nodeId: 1,
      coordinators: [],
    })
  }
})

behaviour('FindCoordinator finds several groups from version 4 on', async (subject) => {
  for (const version of [4, 5, 6]) {
    const { coordinators } = await find(subject, version, {
      keyType: 0,
      coordinatorKeys: ['readers', 'writers', ''],
    })
    assert.deepEqual(
      coordinators.map(({ key, nodeId, errorCode, errorMessage }) => ({
        key,
        nodeId,
        errorCode,
        errorMessage,
      })),
      ['readers', 'writers', ''].map((key) => ({
        key,
        nodeId: 1,
        errorCode: 0,
        errorMessage: '',
      })),
    )
  }
})

behaviour('FindCoordinator refuses a key type that is none', async (subject) => {
  const one = await find(subject, 3, { key: 'x', keyType: 9 })
  assert.deepEqual([one.errorCode, one.nodeId, one.host, one.port], [INVALID_REQUEST, -1, '', -1])
  const several = await find(subject, 4, { keyType: 9, coordinatorKeys: ['x', 'y'] })
  assert.deepEqual(
    several.coordinators.map(({ key, errorCode, nodeId, host, port }) => [
      key,
      errorCode,
      nodeId,
      host,
      port,
    ]),
    [
      ['x', INVALID_REQUEST, -1, '', -1],
      ['y', INVALID_REQUEST, -1, '', -1],
    ],
  )
})

behaviour('FindCoordinator of no keys finds nothing', async (subject) => {
  const answer = await find(subject, 4, { keyType: 0, coordinatorKeys: [] })
  assert.deepEqual(answer.coordinators, [])
  assert.equal(answer.errorCode, 0)
})
