import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@ottla/client'
import { throwIfError } from '@ottla/protocol'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { nodeRuntime } from '@ottla/runtime/node'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'

const LATEST = -1n
/** As IncrementalAlterConfigs numbers them. */
const TOPIC_RESOURCE = 2
const SET = 0

/** Makes a topic, and resolves once all of its partitions are served. */
export async function createTopic(
  broker: BrokerUnderTest,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bootstrapServers = broker.address
  await using client = new Client({ runtime: nodeRuntime(), bootstrapServers })
  const [outcome] = await client.admin.createTopics([
    { name, partitions, replicationFactor: 1, configs },
  ])
  if (outcome!.error !== null) throw outcome!.error
  await waitForOffsets(broker, name, partitions, 0)
}

/** Resolves once all of a topic's partitions are served and end at `endOffset`; throws if they end elsewhere. */
export async function waitForOffsets(
  { address }: BrokerUnderTest,
  topic: string,
  partitions: number,
  endOffset: number,
): Promise<void> {
  await using client = new Client({ runtime: nodeRuntime(), bootstrapServers: address })
  for (let tries = 0; tries < 500; tries++) {
    const { topics } = await client.cluster.send('any', ListOffsetsApi, () => ({
      replicaId: -1,
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp: LATEST,
          })),
        },
      ],
    }))
    const answers = topics[0]?.partitions ?? []
    if (answers.every(({ errorCode }) => errorCode === 0)) {
      const wrong = answers.find(({ offset }) => Number(offset) !== endOffset)
      if (wrong === undefined) return
      throw new Error(`${topic} ends at ${wrong.offset}, not at ${endOffset}`)
    }
    await sleep(20)
  }
  throw new Error(`${topic} is not served`)
}

export async function setTopicConfig(
  { address }: BrokerUnderTest,
  topic: string,
  name: string,
  value: string,
): Promise<void> {
  await using client = new Client({ runtime: nodeRuntime(), bootstrapServers: address })
  const configs = [{ name, value, configOperation: SET }]
  const { responses } = await client.cluster.send('any', IncrementalAlterConfigsApi, () => ({
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configs }],
    validateOnly: false,
  }))
  for (const { errorCode, errorMessage } of responses) throwIfError(errorCode, errorMessage)
}
