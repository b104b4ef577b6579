import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from './broker-under-test.ts'
import { kafkaJars, skipUnless } from './installed-peers.ts'
import { startJavaPeer } from './java-peer.ts'

const skip = skipUnless(kafkaJars(), 'Apache Kafka 4.3.1 for Java')

interface Described {
  readonly brokers: readonly {
    readonly broker: number
    readonly logDirs: readonly {
      readonly logDir: string
      readonly error: string | null
      readonly partitions: readonly { readonly partition: string; readonly isFuture: boolean }[]
    }[]
  }[]
}

test(
  'Kafka’s LogDirsCommand sees the data directory and its partitions',
  { skip, timeout: 120_000 },
  async () => {
    const broker = await startBroker()
    const java = startJavaPeer(broker.address)
    try {
      await broker.createTopic('spread', 4)
      const command = 'org.apache.kafka.tools.LogDirsCommand'
      const args = ['--bootstrap-server', broker.address, '--describe', '--topic-list', 'spread']
      const { exit, output } = await java.tool(command, args)
      assert.equal(exit, 0, output)
      const json = output.split('\n').find((line) => line.startsWith('{'))
      const { brokers } = JSON.parse(json ?? '{}') as Described
      const found = brokers[0]?.logDirs ?? []
      assert.ok(found.every(({ error, logDir }) => error === null && logDir.startsWith('/')))
      const partitions = found.flatMap((one) => one.partitions)
      assert.deepEqual(partitions.map(({ partition }) => partition).sort(), [
        'spread-0',
        'spread-1',
        'spread-2',
        'spread-3',
      ])
      assert.ok(partitions.every(({ isFuture }) => !isFuture))
    } finally {
      await java.close()
      await broker[Symbol.asyncDispose]()
    }
  },
)
