import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Reader, Writer } from '@ottla/protocol'
import type { CreateTopicsRequest } from '@ottla/protocol/messages/create-topics'
import { CreateTopicsResponse } from '@ottla/protocol/messages/create-topics'
import type { DeleteTopicsRequest } from '@ottla/protocol/messages/delete-topics'
import { DeleteTopicsResponse } from '@ottla/protocol/messages/delete-topics'
import { withController } from '../cluster.ts'
import { creation, deletion, id, join, topic } from '../requests.ts'

interface Case {
  readonly story: string
  readonly api: 'createTopics' | 'deleteTopics'
  readonly version: number
  /** `$name` stands for the id of the topic that was created under that name. */
  readonly request: unknown
  readonly response: {
    topics?: Record<string, unknown>[]
    responses?: { name: string | null; errorCode: number; errorMessage: string | null }[]
  }
}

// What a broker of Apache Kafka 4.3.1, alone and with nothing but defaults, answered one after another.
const cases = readFileSync(
  new URL('kafka-4.3.1-create-delete-topics.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

/** Their messages are the error table's, which has words of its own. */
const UNKNOWN = [3, 100]

test(
  'topics are created and deleted with the answers that Kafka gives',
  withController(async (cluster) => {
    await join(cluster, 1)
    const { controller, loader } = cluster
    const ids = new Map<string, string>()
    for (const { story, api, version, request, response } of cases) {
      const asked: unknown = JSON.parse(JSON.stringify(request), (_, value: unknown) =>
        typeof value === 'string' && value.startsWith('$') ? ids.get(value.slice(1)) : value,
      )
      if (api === 'createTopics') {
        const writer = new Writer()
        const answer = await controller.createTopics(asked as CreateTopicsRequest)
        CreateTopicsResponse.write(writer, answer, version)
        const read = CreateTopicsResponse.read(new Reader(writer.finishWhole()), version)
        const comparable = read.topics.map((result) => {
          const { topicId, configs, ...rest } = result
          if (result.errorCode !== 0) assert.equal(configs?.length, 0, `${story} ${topicId}`)
          return rest
        })
        assert.deepEqual(comparable, response.topics, story)
      } else {
        const writer = new Writer()
        const answer = await controller.deleteTopics(asked as DeleteTopicsRequest, version)
        DeleteTopicsResponse.write(writer, answer, version)
        const read = DeleteTopicsResponse.read(new Reader(writer.finishWhole()), version)
        const comparable = (list: typeof read.responses | Case['response']['responses']) =>
          list!
            .map(({ name, errorCode, errorMessage }) =>
              JSON.stringify([name, errorCode, UNKNOWN.includes(errorCode) ? '' : errorMessage]),
            )
            .sort()
        assert.deepEqual(comparable(read.responses), comparable(response.responses), story)
      }
      for (const { name, id: topicId } of loader.image.topics()) ids.set(name, topicId)
    }
  }),
)

test(
  'settings are answered with where they come from, sorted by name',
  withController(async (cluster) => {
    await join(cluster, 1)
    const configs = [{ name: 'retention.ms', value: '1000' }]
    const { topics } = await cluster.controller.createTopics(creation(topic('t', { configs })))
    const answered = topics[0]!.configs!
    const names = answered.map(({ name }) => name)
    assert.deepEqual(names, names.toSorted())
    assert.deepEqual(
      answered.find(({ name }) => name === 'retention.ms'),
      { name: 'retention.ms', value: '1000', readOnly: false, configSource: 1, isSensitive: false },
    )
    // A new cluster sets it for all brokers: eligible leader replicas depend on it.
    assert.equal(answered.find(({ name }) => name === 'min.insync.replicas')?.configSource, 3)
    assert.equal(cluster.loader.image.topicConfig('t').get('retention.ms'), '1000')
  }),
)

test(
  'a deleted topic takes its settings along; the next of its name has another id',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    await join(cluster, 1)
    const configs = [{ name: 'retention.ms', value: '1000' }]
    await controller.createTopics(creation(topic('t', { configs })))
    const first = loader.image.topic('t')!.id
    await controller.deleteTopics(deletion('t'), 6)
    assert.equal(loader.image.topicConfig('t').size, 0)
    await controller.createTopics(creation(topic('t')))
    assert.notEqual(loader.image.topic('t')!.id, first)
    assert.equal(loader.image.topicById(first), undefined)
  }),
)

test(
  'without a broker there is nowhere to put a topic',
  withController(async ({ controller }) => {
    const { topics } = await controller.createTopics(creation(topic('t')))
    assert.equal(
      topics[0]!.errorMessage,
      'Unable to replicate the partition 1 time(s): All brokers are currently fenced.',
    )
  }),
)

test(
  'what the caller may not do is refused, and what it may not see is not told',
  withController(async (cluster) => {
    const { controller } = cluster
    await join(cluster, 1)
    const created = await controller.createTopics(creation(topic('mine'), topic('theirs')), {
      permissions: { mayCreate: (name) => name === 'mine', mayDescribeConfigs: () => false },
    })
    assert.deepEqual(
      created.topics.map(({ name, errorCode, topicConfigErrorCode, numPartitions }) => [
        name,
        errorCode,
        topicConfigErrorCode,
        numPartitions,
      ]),
      [
        ['mine', 0, 29, undefined],
        ['theirs', 29, undefined, undefined],
      ],
    )
    const topicId = cluster.loader.image.topic('mine')!.id
    const request = {
      ...deletion('mine', 'nope'),
      topics: [
        ...deletion('mine', 'nope').topics,
        { name: null, topicId },
        { name: null, topicId: id(9) },
      ],
    }
    const denied = await controller.deleteTopics(request, 6, {
      permissions: { mayDescribe: () => false, mayDelete: () => false },
    })
    assert.deepEqual(
      denied.responses.map(({ name, errorCode }) => [name, errorCode]),
      [
        [null, 29],
        [null, 100],
        ['mine', 29],
        ['nope', 29],
      ],
    )
  }),
)

test(
  'deletion can be switched off',
  withController(
    async ({ controller }) => {
      // Before version 3 clients do not know the error.
      await assert.rejects(async () => await controller.deleteTopics(deletion('t'), 2), {
        code: 'INVALID_REQUEST',
      })
      await assert.rejects(async () => await controller.deleteTopics(deletion('t'), 6), {
        code: 'TOPIC_DELETION_DISABLED',
      })
    },
    { deleteTopicEnable: false },
  ),
)

test(
  'ten thousand topics, one by one, take about as long each as the first',
  withController(async (cluster) => {
    await join(cluster, 1)
    const create = async (from: number, to: number) => {
      const start = performance.now()
      for (let n = from; n < to; n++)
        await cluster.controller.createTopics(creation(topic(`t${n}`)))
      return performance.now() - start
    }
    await create(0, 1000)
    const early = await create(1000, 2000)
    await create(2000, 9000)
    const late = await create(9000, 10_000)
    assert.equal(cluster.loader.image.topicCount, 10_000)
    assert.ok(late < 10 * early + 100, `${early} ms for a thousand early, ${late} ms late`)
  }),
)

test(
  'a request that names more topics than can be is refused as a whole, in no time',
  withController(async (cluster) => {
    await join(cluster, 1)
    const names = Array.from({ length: 20_000 }, (_, n) => `t${n}`)
    const { topics } = await cluster.controller.createTopics(
      creation(...names.map((name) => topic(name, { numPartitions: 0 }))),
    )
    assert.equal(topics.length, 20_000)
    assert.ok(topics.every(({ errorCode }) => errorCode === 44))
    await assert.rejects(cluster.controller.deleteTopics(deletion(...names), 6), {
      code: 'POLICY_VIOLATION',
    })
  }),
)
