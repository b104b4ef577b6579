import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { IncrementalAlterConfigsRequest } from '@ottla/protocol/messages/incremental-alter-configs'
import type { TestController } from '../cluster.ts'
import { withController } from '../cluster.ts'
import { creation, join, topic } from '../requests.ts'

interface Case {
  readonly story: string
  readonly request: IncrementalAlterConfigsRequest
  readonly response: { readonly responses: readonly object[] }
}

/**
 * What a broker of Apache Kafka 4.3.1 answered, with a topic `defaults` and none of the other names. There
 * the broker has a say before the controller: what only it can refuse is not in question here.
 */
const cases = readFileSync(
  new URL('kafka-4.3.1-incremental-alter-configs.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

const ELSEWHERE = new Set([
  'another broker',
  'per-broker for all',
  'loggers',
  // Answered with UNKNOWN_SERVER_ERROR and nothing else; here the request is refused.
  'unknown operation',
  // A matter of the settings tables: they check a group's settings one by one.
  'group range',
])

test(
  'settings are altered with the answers that Kafka gives',
  withController(async (cluster) => {
    await join(cluster, 1)
    await cluster.controller.createTopics(creation(topic('defaults')))
    for (const { story, request, response } of cases) {
      const { responses } = await cluster.controller.incrementalAlterConfigs(request)
      if (!ELSEWHERE.has(story)) assert.deepEqual(responses, response.responses, story)
    }
  }),
)

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const

async function alter(
  { controller }: TestController,
  resourceName: string,
  ...operations: [name: string, operation: number, value: string | null][]
): Promise<number> {
  const configs = operations.map(([name, configOperation, value]) => ({
    name,
    configOperation,
    value,
  }))
  const { responses } = await controller.incrementalAlterConfigs({
    resources: [{ resourceType: 2, resourceName, configs }],
    validateOnly: false,
  })
  return responses[0]!.errorCode
}

test(
  'settings are set, deleted, appended to and subtracted from',
  withController(async (cluster) => {
    await join(cluster, 1)
    await cluster.controller.createTopics(creation(topic('t')))
    const now = () => Object.fromEntries(cluster.loader.image.topicConfig('t'))

    await alter(cluster, 't', ['retention.ms', SET, '5'], ['segment.ms', SET, '6'])
    assert.deepEqual(now(), { 'retention.ms': '5', 'segment.ms': '6' })
    await alter(cluster, 't', ['retention.ms', DELETE, null], ['segment.ms', DELETE, 'any'])
    assert.deepEqual(now(), {})
    // A list starts from what it is by default.
    await alter(cluster, 't', ['cleanup.policy', APPEND, 'compact'])
    assert.deepEqual(now(), { 'cleanup.policy': 'delete,compact' })
    await alter(cluster, 't', ['cleanup.policy', APPEND, 'compact,delete'])
    assert.deepEqual(now(), { 'cleanup.policy': 'delete,compact' })
    await alter(cluster, 't', ['cleanup.policy', SUBTRACT, 'delete'])
    assert.deepEqual(now(), { 'cleanup.policy': 'compact' })
  }),
)

test(
  'one wrong setting spoils its resource, and changes nothing',
  withController(async (cluster) => {
    await join(cluster, 1)
    await cluster.controller.createTopics(creation(topic('t')))
    const offset = cluster.loader.image.offset
    assert.equal(
      await alter(cluster, 't', ['retention.ms', SET, '5'], ['segment.ms', SET, 'x']),
      40,
    )
    assert.equal(cluster.loader.image.offset, offset)
    // Nor does setting what is set, or deleting what is not.
    await alter(cluster, 't', ['retention.ms', DELETE, null])
    assert.equal(cluster.loader.image.offset, offset)
  }),
)

test(
  'a new min.insync.replicas forgets who was eligible to lead under the old one',
  withController(async (cluster) => {
    await join(cluster, 1)
    await cluster.controller.createTopics(creation(topic('t')))
    const offset = cluster.loader.image.offset
    await alter(cluster, 't', ['min.insync.replicas', SET, '2'])
    // ConfigRecord and ClearElrRecord.
    assert.equal(cluster.loader.image.offset, offset + 2)
  }),
)
