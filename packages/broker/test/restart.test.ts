import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { InvariantError } from '@ottla/runtime'
import { BrokerWorld } from './support/broker-world.ts'

const warnings = (world: BrokerWorld): string[] =>
  world.world.trace.entries.map(({ what }) => what).filter((what) => what.includes('broker warn'))

test('a restart after a clean stop finds nothing to warn of', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    await world.start()
    await world.broker.close()
    await world.start()
    await world.broker.close()
    assert.deepEqual(warnings(world), [])
  })
})

test('a clean stop leaves its marker, a stop after a broken invariant does not', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    const { disk } = world.world.node('broker')
    await world.start()
    await world.broker.close()
    assert.notEqual(disk.stat('/data/.kafka_cleanshutdown'), null)
    await world.start()
    world.broker.stopAfter(new InvariantError('for this test'))
    await world.broker.close()
    assert.equal(disk.stat('/data/.kafka_cleanshutdown'), null)
    assert.equal(world.failures.length, 1)
  })
})

// The metadata log that a kill leaves behind still names the broker as the leader: it leads so until
// its new registration fences it, and then again, in a newer leader epoch.
test('after a kill groups are loaded by the leadership that lasts, and the other gives up', async () => {
  const world = new BrokerWorld({ 'offsets.topic.num.partitions': '1' })
  await world.world.run(async () => {
    await world.start()
    const before = await world.client()
    await before.request(CreateTopicsApi, 7, {
      topics: [
        { name: 'letters', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
    })
    await before.request(FindCoordinatorApi, 3, { key: 'readers', keyType: 0 })
    const { topics } = await before.request(OffsetCommitApi, 8, {
      groupId: 'readers',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        {
          name: 'letters',
          partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }],
        },
      ],
    })
    assert.equal(topics[0]?.partitions[0]?.errorCode, 0)

    world.world.kill('broker')
    await world.start()
    const after = await world.client()
    let offset: number | undefined
    for (let tries = 0; tries < 100 && offset === undefined; tries++) {
      const { groups } = await after.request(OffsetFetchApi, 8, {
        groups: [{ groupId: 'readers', topics: null }],
      })
      const [group] = groups
      if (group?.errorCode === 0) {
        offset = Number(group.topics[0]?.partitions[0]?.committedOffset)
      } else await world.world.node('client').clock.sleep(10)
    }
    assert.equal(offset, 7)
    const said = world.world.trace.entries.map(({ what }) => what)
    assert.deepEqual(
      said.filter((what) => what.includes('could not be loaded')),
      [],
    )
    assert.equal(said.filter((what) => what.includes('groups loaded')).length, 1)
    await world.broker.close()
  })
})
