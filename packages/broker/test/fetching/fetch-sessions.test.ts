import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FetchRequest } from '@ottla/protocol/messages/fetch'
import { simulation } from '@ottla/runtime/simulated'
import { FetchSessions } from '../../src/fetching/fetch-sessions.ts'

const TOPIC = 'abcdefghijklmnopqrstuw'
const OTHER_TOPIC = 'bbcdefghijklmnopqrstuw'
const names = new Map([[TOPIC, 'orders']])
const nameOf = (id: string): string | undefined => names.get(id)

function sessions(sessionsMax = 2) {
  const world = simulation({ seed: 1 })
  const { clock, random } = world.node('broker')
  return { world, sessions: new FetchSessions({ clock, random, sessionsMax, evictionMs: 120_000 }) }
}

function request(
  session: { id?: number; epoch?: number },
  partitions: readonly number[],
  forgotten: readonly number[] = [],
  topicId = TOPIC,
): FetchRequest {
  const topics =
    partitions.length === 0
      ? []
      : [{ topic: '', topicId, partitions: partitions.map((partition) => wanted(partition)) }]
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1000,
    isolationLevel: 0,
    sessionId: session.id ?? 0,
    sessionEpoch: session.epoch ?? 0,
    topics,
    forgottenTopicsData:
      forgotten.length === 0 ? [] : [{ topic: '', topicId, partitions: [...forgotten] }],
    rackId: '',
  }
}

function wanted(partition: number) {
  return {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: 7,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 100,
    replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
    highWatermark: -1,
  }
}

suite('fetch sessions', () => {
  test('a full fetch with epoch 0 begins a session, and its next epoch is 1', () => {
    const { sessions: all } = sessions()
    const round = all.begin(request({ epoch: 0 }, [0, 1]), 13, nameOf)
    assert.ok(round.session !== undefined && round.session.id > 0)
    assert.equal(round.isIncremental, false)
    const next = all.begin(request({ id: round.session.id, epoch: 1 }, []), 13, nameOf)
    assert.equal(next.isIncremental, true)
    assert.deepEqual(
      next.partitions.map(({ index }) => index),
      [0, 1],
    )
  })

  test('an incremental fetch adds, changes and forgets partitions', () => {
    const { sessions: all } = sessions()
    const { session } = all.begin(request({ epoch: 0 }, [0, 1]), 13, nameOf)
    const next = all.begin(request({ id: session!.id, epoch: 1 }, [2], [0]), 13, nameOf)
    assert.deepEqual(
      next.partitions.map(({ index, topic }) => [topic, index]),
      [
        ['orders', 1],
        ['orders', 2],
      ],
    )
  })

  test('a session whose partitions are all forgotten ends', () => {
    const { sessions: all } = sessions()
    const { session } = all.begin(request({ epoch: 0 }, [0]), 13, nameOf)
    const round = all.begin(request({ id: session!.id, epoch: 1 }, [], [0]), 13, nameOf)
    assert.equal(round.session, undefined)
    assert.equal(all.count, 0)
  })

  test('epoch -1 fetches without a session and ends the one it names', () => {
    const { sessions: all } = sessions()
    const { session } = all.begin(request({ epoch: 0 }, [0]), 13, nameOf)
    const round = all.begin(request({ id: session!.id, epoch: -1 }, [0]), 13, nameOf)
    assert.equal(round.session, undefined)
    assert.equal(all.count, 0)
  })

  test('an unknown session, a wrong epoch and a change to topic names are refused', () => {
    const { sessions: all } = sessions()
    const { session } = all.begin(request({ epoch: 0 }, [0]), 13, nameOf)
    const { id } = session!
    const begin = (id: number, epoch: number, version: number) => () =>
      all.begin(request({ id, epoch }, []), version, nameOf)
    assert.throws(begin(id + 1, 1, 13), { code: 'FETCH_SESSION_ID_NOT_FOUND' })
    assert.throws(begin(id, 2, 13), { code: 'INVALID_FETCH_SESSION_EPOCH' })
    assert.throws(begin(id, 1, 12), { code: 'FETCH_SESSION_TOPIC_ID_ERROR' })
  })

  test('the epoch after the largest is 1', () => {
    const { sessions: all } = sessions()
    const { session } = all.begin(request({ epoch: 0 }, [0]), 13, nameOf)
    session!.epoch = 0x7fffffff
    all.begin(request({ id: session!.id, epoch: 0x7fffffff }, []), 13, nameOf)
    assert.equal(session!.epoch, 1)
  })

  test('a full cache gives no session until its oldest was idle for two minutes', async () => {
    const { world, sessions: all } = sessions(1)
    const first = all.begin(request({ epoch: 0 }, [0]), 13, nameOf).session
    assert.ok(first !== undefined)
    assert.equal(all.begin(request({ epoch: 0 }, [0]), 13, nameOf).session, undefined)
    await world.advance(120_000)
    assert.ok(all.begin(request({ epoch: 0 }, [0]), 13, nameOf).session !== undefined)
    assert.throws(() => all.begin(request({ id: first.id, epoch: 1 }, []), 13, nameOf), {
      code: 'FETCH_SESSION_ID_NOT_FOUND',
    })
  })

  test('a topic id that becomes known later gets its name', () => {
    const { sessions: all } = sessions()
    const asked = request({ epoch: 0 }, [0], [], OTHER_TOPIC)
    const { session, partitions } = all.begin(asked, 13, nameOf)
    assert.equal(partitions[0]?.topic, null)
    names.set(OTHER_TOPIC, 'late')
    const next = all.begin(request({ id: session!.id, epoch: 1 }, []), 13, nameOf)
    assert.equal(next.partitions[0]?.topic, 'late')
  })
})
