import assert from 'node:assert/strict'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DescribeLogDirsApi } from '@ottla/protocol/messages/describe-log-dirs'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { behaviour } from '../support/behaviour.ts'
import { batch, produce } from '../support/letters.ts'

behaviour('DescribeLogDirs tells sizes in every version', async ({ client, topic, now }) => {
  const made = await topic({}, 2)
  const { name } = made
  const records = batch(now())
  const sizeBytes = records.length
  await produce(client, made, records, { partition: 1 })
  for (const version of [1, 2, 3, 4, 5]) {
    const { errorCode, results } = await client.request(DescribeLogDirsApi, version, {
      topics: [{ topic: name, partitions: [0, 1] }],
    })
    assert.equal(errorCode, 0)
    const found = results.flatMap((result) =>
      result.topics.flatMap((one) => one.partitions.map((partition) => ({ ...partition }))),
    )
    found.sort((one, other) => one.partitionIndex - other.partitionIndex)
    assert.deepEqual(
      found.map((partition) => [
        partition.partitionIndex,
        Number(partition.partitionSize),
        Number(partition.offsetLag),
        partition.isFutureKey,
      ]),
      [
        [0, 0, 0, false],
        [1, sizeBytes, 0, false],
      ],
    )
    for (const result of results) {
      assert.equal(result.errorCode, 0)
      assert.match(result.logDir, /^\//)
      assert.equal(result.isCordoned, false)
      const sizes = [Number(result.totalBytes), Number(result.usableBytes)]
      if (version < 4) assert.deepEqual(sizes, [-1, -1])
      else assert.ok(sizes[0]! >= sizes[1]! && sizes[1]! > 0)
    }
  }
})

behaviour('DescribeLogDirs leaves out what is not asked for', async ({ client, topic, unique }) => {
  const { name } = await topic({}, 2)
  const named = async (
    topics: { topic: string; partitions: number[] }[] | null,
  ): Promise<string[]> => {
    const { results } = await client.request(DescribeLogDirsApi, 5, { topics })
    return results.flatMap((result) =>
      result.topics.flatMap((one) =>
        one.partitions.map(({ partitionIndex }) => `${one.name}-${partitionIndex}`),
      ),
    )
  }
  assert.deepEqual(await named([{ topic: name, partitions: [1] }]), [`${name}-1`])
  assert.deepEqual(
    (
      await named([
        { topic: name, partitions: [1, 1] },
        { topic: name, partitions: [0] },
      ])
    ).sort(),
    [`${name}-0`, `${name}-1`],
  )
  assert.deepEqual(await named([{ topic: name, partitions: [7] }]), [])
  assert.deepEqual(await named([{ topic: `${unique}-nothing`, partitions: [0] }]), [])
  assert.deepEqual(await named([]), [])
  const all = await named(null)
  assert.ok(all.includes(`${name}-0`) && all.includes(`${name}-1`))
  assert.ok(!all.some((log) => log.startsWith('__cluster_metadata')))
})

behaviour(
  'directories are cordoned and opened while the broker runs',
  async ({ client }) => {
    const cordon = async (value: string): Promise<boolean[]> => {
      const configs = [{ name: 'cordoned.log.dirs', configOperation: 0, value }]
      const { responses } = await client.request(IncrementalAlterConfigsApi, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configs }],
        validateOnly: false,
      })
      assert.equal(responses[0]?.errorCode, 0, responses[0]?.errorMessage ?? '')
      const { results } = await client.request(DescribeLogDirsApi, 5, { topics: [] })
      return results.map(({ isCordoned }) => isCordoned)
    }
    assert.deepEqual(await cordon('/a'), [true, false])
    assert.deepEqual(await cordon('*'), [true, true])
    assert.deepEqual(await cordon(''), [false, false])
  },
  { settings: { 'log.dirs': '/a,/b' } },
)

behaviour(
  'a cordoned directory gets no new partition and says that it is cordoned',
  async ({ client, topic }) => {
    const { name } = await topic({}, 4)
    const { results } = await client.request(DescribeLogDirsApi, 5, { topics: null })
    assert.deepEqual(
      results.map(({ logDir, isCordoned, topics }) => [
        logDir,
        isCordoned,
        topics.find((one) => one.name === name)?.partitions.length ?? 0,
      ]),
      [
        ['/a', false, 2],
        ['/b', true, 0],
        ['/c', false, 2],
      ],
    )
  },
  { settings: { 'log.dirs': '/a,/b,/c', 'cordoned.log.dirs': '/b' } },
)

behaviour(
  'while all directories are cordoned no topic can be made',
  async ({ client, unique, sleep }) => {
    const name = `${unique}-nowhere`
    const create = async (): Promise<number> => {
      const { topics } = await client.request(CreateTopicsApi, 7, {
        topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 5_000,
      })
      return topics[0]!.errorCode
    }
    const cordon = async (value: string): Promise<void> => {
      const configs = [{ name: 'cordoned.log.dirs', configOperation: 0, value }]
      await client.request(IncrementalAlterConfigsApi, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configs }],
        validateOnly: false,
      })
      // The controller hears of it with the next heartbeat.
      await sleep(3_000)
    }
    await cordon('*')
    assert.equal(await create(), 38)
    await cordon('/a')
    assert.equal(await create(), 0)
  },
  { settings: { 'log.dirs': '/a,/b' } },
)
