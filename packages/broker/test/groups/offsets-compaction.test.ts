import assert from 'node:assert/strict'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetDeleteApi } from '@ottla/protocol/messages/offset-delete'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'

const GROUPS = 5
const COMMITS = 60
const NO_ERROR = 0
/** Large, because no segment is smaller than 1 MB. */
const METADATA = 'm'.repeat(4_000)

async function commit(client: RawClient, groupId: string, name: string, offset: number) {
  const answer = await client.request(OffsetCommitApi, 9, {
    groupId,
    memberId: '',
    generationIdOrMemberEpoch: -1,
    topics: [
      {
        name,
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: METADATA }],
      },
    ],
  })
  return answer.topics[0]?.partitions[0]?.errorCode
}

async function committed(client: RawClient, groupId: string, name: string): Promise<number> {
  const topics = [{ name, partitionIndexes: [0] }]
  const answer = await client.request(OffsetFetchApi, 9, { groups: [{ groupId, topics }] })
  return Number(answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? Number.NaN)
}

for (const how of ['is killed', 'restarts'] as const) {
  behaviour(
    `groups have their offsets when __consumer_offsets was compacted and the broker ${how}`,
    async ({ client, topic, world, sleep }) => {
      await client.request(FindCoordinatorApi, 3, { key: 'g', keyType: 0 })
      await sleep(600)
      const { name } = await topic()
      for (let offset = 1; offset <= COMMITS; offset++) {
        for (let group = 0; group < GROUPS; group++) {
          assert.equal(await commit(client, `group-${group}`, name, offset * 10 + group), NO_ERROR)
        }
      }
      await client.request(OffsetDeleteApi, 0, {
        groupId: 'group-4',
        topics: [{ name, partitions: [{ partitionIndex: 0 }] }],
      })
      const sizeOf = (): number => {
        const { disk } = world!.world.node('broker')
        let bytes = 0
        for (const folder of disk.list('/data')) {
          if (!folder.name.startsWith('__consumer_offsets-')) continue
          for (const file of disk.list(`/data/${folder.name}`)) {
            if (!file.name.endsWith('.log')) continue
            bytes += disk.stat(`/data/${folder.name}/${file.name}`)?.sizeBytes ?? 0
          }
        }
        return bytes
      }
      const before = sizeOf()
      await sleep(2_000)
      assert.ok(sizeOf() < before / 3, `${sizeOf()} of ${before} bytes are left`)
      if (how === 'is killed') world!.world.kill('broker')
      else await world!.broker.close()
      await world!.start()
      const again = await world!.client()
      await again.request(FindCoordinatorApi, 3, { key: 'g', keyType: 0 })
      await sleep(600)
      for (let group = 0; group < GROUPS - 1; group++) {
        assert.equal(await committed(again, `group-${group}`, name), COMMITS * 10 + group)
      }
      assert.equal(await committed(again, 'group-4', name), -1)
      assert.equal(await commit(again, 'group-0', name, 1_000), NO_ERROR)
      assert.equal(await committed(again, 'group-0', name), 1_000)
    },
    {
      isOwn: true,
      settings: {
        'offsets.topic.num.partitions': '1',
        'offsets.topic.segment.bytes': '1048576',
        'log.cleaner.backoff.ms': '1000',
        'log.segment.delete.delay.ms': '0',
      },
    },
  )
}
