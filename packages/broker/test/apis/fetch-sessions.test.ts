import assert from 'node:assert/strict'
import {
  FetchApi,
  type FetchRequestInput,
  type FetchResponse,
} from '@ottla/protocol/messages/fetch'
import { behaviour, type MadeTopic } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, produce } from '../support/letters.ts'

const FETCH_SESSION_ID_NOT_FOUND = 70
const INVALID_FETCH_SESSION_EPOCH = 71
const FETCH_SESSION_TOPIC_ID_ERROR = 106

interface Asked {
  readonly partition: number
  readonly offset?: number
}

function ask(
  client: RawClient,
  { name, id }: MadeTopic,
  session: { readonly id: number; readonly epoch: number },
  partitions: readonly Asked[],
  { version = 17, ...more }: Partial<FetchRequestInput> & { version?: number } = {},
): Promise<FetchResponse> {
  const topic = version >= 13 ? { topicId: id } : { topic: name }
  return client.request(FetchApi, version, {
    maxWaitMs: 0,
    minBytes: 0,
    sessionId: session.id,
    sessionEpoch: session.epoch,
    topics:
      partitions.length === 0
        ? []
        : [
            {
              ...topic,
              partitions: partitions.map(({ partition, offset = 0 }) => ({
                partition,
                fetchOffset: offset,
                partitionMaxBytes: 10_000,
              })),
            },
          ],
    ...more,
  })
}

/** The partitions that an answer names, with how many bytes of each. */
function named(answer: FetchResponse): [number, boolean][] {
  return answer.responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, records }): [number, boolean] => [
      partitionIndex,
      (records?.length ?? 0) > 0,
    ]),
  )
}

for (const version of [7, 12, 13, 18]) {
  behaviour(
    `a fetch session answers only what is new, in version ${version}`,
    async ({ client, topic, now }) => {
      const made = await topic({}, 3)
      const first = await ask(
        client,
        made,
        { id: 0, epoch: 0 },
        [0, 1, 2].map((partition) => ({ partition })),
        { version },
      )
      assert.notEqual(first.sessionId, 0)
      assert.deepEqual(named(first), [
        [0, false],
        [1, false],
        [2, false],
      ])
      const id = first.sessionId
      const quiet = await ask(client, made, { id, epoch: 1 }, [], { version })
      assert.deepEqual([quiet.errorCode, quiet.sessionId, named(quiet)], [0, id, []])

      await produce(client, made, batch(now()), { partition: 1 })
      const news = await ask(client, made, { id, epoch: 2 }, [], { version })
      assert.deepEqual(named(news), [[1, true]])
      // It is read again and again until the reader moves on.
      const same = await ask(client, made, { id, epoch: 3 }, [], { version })
      assert.deepEqual(named(same), [[1, true]])
      const moved = await ask(client, made, { id, epoch: 4 }, [{ partition: 1, offset: 1 }], {
        version,
      })
      assert.deepEqual(named(moved), [])
    },
  )
}

behaviour('a fetch session forgets and takes in partitions', async ({ client, topic, now }) => {
  const made = await topic({}, 3)
  for (const partition of [0, 1, 2]) await produce(client, made, batch(now()), { partition })
  const { sessionId: id } = await ask(client, made, { id: 0, epoch: 0 }, [
    { partition: 0 },
    { partition: 1 },
  ])
  const changed = await ask(client, made, { id, epoch: 1 }, [{ partition: 2 }], {
    forgottenTopicsData: [{ topicId: made.id, partitions: [0] }],
  })
  assert.deepEqual(
    new Map(named(changed)),
    new Map([
      [1, true],
      [2, true],
    ]),
  )
})

behaviour(
  'a fetch session gives the partitions their turn under the request’s limit',
  async ({ client, topic, now }) => {
    const made = await topic({}, 3)
    for (const partition of [0, 1, 2]) await produce(client, made, batch(now()), { partition })
    const limit = { maxBytes: 1 }
    const all = [0, 1, 2].map((partition) => ({ partition }))
    const first = await ask(client, made, { id: 0, epoch: 0 }, all, limit)
    const served = [named(first).find(([, hasData]) => hasData)?.[0]]
    for (const epoch of [1, 2, 3]) {
      const next = await ask(client, made, { id: first.sessionId, epoch }, [], limit)
      served.push(named(next).find(([, hasData]) => hasData)?.[0])
    }
    assert.deepEqual(new Set(served), new Set([0, 1, 2]))
  },
)

behaviour(
  'a fetch session that is not known, or another epoch than its next',
  async ({ client, topic }) => {
    const made = await topic()
    const unknown = await ask(client, made, { id: 123, epoch: 5 }, [{ partition: 0 }])
    assert.deepEqual(
      [unknown.errorCode, unknown.sessionId, unknown.responses],
      [FETCH_SESSION_ID_NOT_FOUND, 0, []],
    )
    const { sessionId: id } = await ask(client, made, { id: 0, epoch: 0 }, [{ partition: 0 }])
    const wrong = await ask(client, made, { id, epoch: 7 }, [])
    assert.deepEqual([wrong.errorCode, wrong.sessionId], [INVALID_FETCH_SESSION_EPOCH, 0])
    const right = await ask(client, made, { id, epoch: 1 }, [])
    assert.equal(right.errorCode, 0)
  },
)

behaviour('a fetch session keeps to names or to ids', async ({ client, topic }) => {
  const made = await topic()
  const { sessionId: id } = await ask(client, made, { id: 0, epoch: 0 }, [{ partition: 0 }])
  const other = await ask(client, made, { id, epoch: 1 }, [{ partition: 0 }], { version: 12 })
  assert.equal(other.errorCode, FETCH_SESSION_TOPIC_ID_ERROR)
})

behaviour(
  'a fetch session ends with epoch -1, and when nothing is left in it',
  async ({ client, topic }) => {
    const made = await topic()
    const { sessionId: id } = await ask(client, made, { id: 0, epoch: 0 }, [{ partition: 0 }])
    const last = await ask(client, made, { id, epoch: -1 }, [{ partition: 0 }])
    assert.deepEqual([last.errorCode, last.sessionId, named(last)], [0, 0, [[0, false]]])
    const after = await ask(client, made, { id, epoch: 1 }, [])
    assert.equal(after.errorCode, FETCH_SESSION_ID_NOT_FOUND)

    const second = await ask(client, made, { id: 0, epoch: 0 }, [{ partition: 0 }])
    const emptied = await ask(client, made, { id: second.sessionId, epoch: 1 }, [], {
      forgottenTopicsData: [{ topicId: made.id, partitions: [0] }],
    })
    assert.deepEqual([emptied.errorCode, emptied.sessionId, named(emptied)], [0, 0, []])
  },
)

behaviour(
  'a fetch session names a partition again whose error is over',
  async ({ client, topic, now }) => {
    const made = await topic()
    const first = await ask(client, made, { id: 0, epoch: 0 }, [{ partition: 0, offset: 1 }])
    const codes = (answer: FetchResponse): number[] =>
      answer.responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
    assert.deepEqual(codes(first), [1])
    const id = first.sessionId
    assert.deepEqual(codes(await ask(client, made, { id, epoch: 1 }, [])), [1])
    await produce(client, made, batch(now()))
    assert.deepEqual(codes(await ask(client, made, { id, epoch: 2 }, [])), [0])
    assert.deepEqual(codes(await ask(client, made, { id, epoch: 3 }, [])), [])
  },
)
