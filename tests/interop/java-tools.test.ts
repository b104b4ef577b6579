import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { MemberState } from '../peers/peer.ts'
import { startBroker } from './broker-under-test.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { kafkaJars, skipUnless } from './installed-peers.ts'
import { startJavaPeer } from './java-peer.ts'
import type { JavaPeer } from './java-peer.ts'
import { eventually } from './peer-suite.ts'

const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')

describe('Kafka’s command line tools and admin client', { skip, timeout: 180_000 }, () => {
  let broker: BrokerUnderTest
  let java: JavaPeer
  let server: readonly string[]

  before(async () => {
    broker = await startBroker()
    java = startJavaPeer(broker.address)
    server = ['--bootstrap-server', broker.address]
  })
  after(async () => {
    await java?.close()
    await broker?.[Symbol.asyncDispose]()
  })

  const tool = async (name: string, ...args: string[]): Promise<string> => {
    const { exit, output } = await java.tool(name, [...server, ...args])
    assert.equal(exit, 0, `${name} ${args.join(' ')} failed:\n${output}`)
    return output
  }
  const topics = 'org.apache.kafka.tools.TopicCommand'
  const groups = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
  const offsets = 'org.apache.kafka.tools.GetOffsetShell'

  test('TopicCommand creates, lists, describes and deletes', async () => {
    const create = ['--create', '--topic', 'made-by-tool', '--partitions', '3']
    const created = await tool(topics, ...create, '--config', 'retention.ms=3600000')
    assert.match(created, /Created topic made-by-tool\./)
    const again = await java.tool(topics, [...server, ...create])
    assert.equal(again.exit, 1)
    assert.match(again.output, /Topic 'made-by-tool' already exists/)
    assert.match(await tool(topics, ...create, '--if-not-exists'), /^$/)

    assert.ok((await tool(topics, '--list')).split('\n').includes('made-by-tool'))
    const described = await tool(topics, '--describe', '--topic', 'made-by-tool')
    assert.match(described, /PartitionCount: 3\s+ReplicationFactor: 1/)
    assert.match(described, /Configs:.*retention\.ms=3600000/)
    const leaders = [
      ...described.matchAll(/Partition: (\d)\s+Leader: (\d+)\s+Replicas: (\d+)\s+Isr: (\d+)/g),
    ]
    assert.deepEqual(
      leaders.map((line) => line[1]),
      ['0', '1', '2'],
    )
    assert.ok(leaders.every((line) => line[2] === line[3] && line[3] === line[4]))

    await tool(topics, '--delete', '--topic', 'made-by-tool')
    assert.ok(!(await tool(topics, '--list')).includes('made-by-tool'))
  })

  test('TopicCommand is told why a topic cannot be', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const { exit, output } = await java.tool(topics, [...server, '--create', ...args])
      assert.equal(exit, 1)
      return output
    }
    assert.match(await refused('--topic', 'sl/ash'), /InvalidTopicException/)
    assert.match(
      await refused('--topic', 'too', '--partitions', '0'),
      /InvalidPartitions|partitions/i,
    )
    assert.match(
      await refused('--topic', 'replicas', '--replication-factor', '3'),
      /InvalidReplicationFactorException/,
    )
    const unknown = ['--topic', 'setting', '--config', 'no.such.setting=1']
    assert.match(await refused(...unknown), /InvalidConfigurationException|Unknown topic config/)
  })

  test('the console producer and consumer carry keys, headers and values', async () => {
    await broker.createTopic('console', 1)
    const lines = ['h:1\tk1:first', 'h:2\tk2:second', 'h:3,g:4\tk3:third'].join('\n')
    const properties = ['parse.key=true', 'key.separator=:', 'parse.headers=true']
    const produced = await java.tool(
      'org.apache.kafka.tools.ConsoleProducer',
      [...server, '--topic', 'console', ...properties.flatMap((one) => ['--reader-property', one])],
      `${lines}\n`,
    )
    assert.equal(produced.exit, 0, produced.output)
    const show = ['print.key=true', 'print.headers=true', 'print.offset=true']
    const consumed = await tool(
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...'--topic console --from-beginning --max-messages 3 --timeout-ms 20000'.split(' '),
      ...show.flatMap((one) => ['--formatter-property', one]),
    )
    assert.match(consumed, /Offset:0\th:1\tk1\tfirst\n/)
    assert.match(consumed, /Offset:1\th:2\tk2\tsecond\n/)
    assert.match(consumed, /Offset:2\th:3,g:4\tk3\tthird\n/)
  })

  test('the performance tools produce and consume a million records', async () => {
    await broker.createTopic('performance', 4)
    const setting = (one: string): string => ` --command-property ${one}`
    const produce =
      `--bootstrap-server ${broker.address} --topic performance --num-records 1000000` +
      ' --record-size 24 --throughput -1' +
      ['acks=all', 'batch.size=131072', 'linger.ms=5'].map(setting).join('')
    const producer = 'org.apache.kafka.tools.ProducerPerformance'
    const produced = await java.tool(producer, produce.split(' '))
    assert.equal(produced.exit, 0, produced.output)
    assert.match(produced.output, /^1000000 records sent/m)
    const consume = '--topic performance --num-records 1000000 --timeout 30000 --hide-header'
    const consumed = await tool('org.apache.kafka.tools.ConsumerPerformance', ...consume.split(' '))
    const columns = consumed.trim().split('\n').at(-1)?.split(', ') ?? []
    assert.ok(Number(columns[4]) >= 1_000_000, consumed)
    const ends = await tool(offsets, '--topic', 'performance')
    const total = ends
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
    assert.equal(total, 1_000_000)
  })

  test('GetOffsetShell knows the earliest, the latest and the highest timestamp', async () => {
    await broker.createTopic('shell', 2)
    const at = Date.now() - 10_000
    const record = (partition: number, plus: number) => ({
      partition,
      key: null,
      value: 'v',
      headers: [],
      timestamp: at + plus,
    })
    await java.produce('shell', 'none', [record(0, 1), record(0, 9), record(0, 5), record(1, 0)])
    const shell = async (...args: string[]): Promise<string[]> =>
      (await tool(offsets, '--topic', 'shell', ...args)).trim().split('\n')
    assert.deepEqual(await shell(), ['shell:0:3', 'shell:1:1'])
    assert.deepEqual(await shell('--time', 'earliest'), ['shell:0:0', 'shell:1:0'])
    assert.deepEqual(await shell('--time', '-3'), ['shell:0:1', 'shell:1:0'])
    assert.deepEqual(await shell('--time', String(at + 2), '--partitions', '0'), ['shell:0:1'])
    assert.deepEqual(await java.ask('listOffsets', 'shell', 0, at + 2), {
      earliest: 0,
      latest: 3,
      maxTimestamp: 1,
      forTime: 1,
    })
  })

  test('ConsumerGroupCommand lists, describes, resets and deletes a group', async () => {
    await broker.createTopic('grouped', 2)
    const records = Array.from({ length: 10 }, (_, index) => ({
      partition: index % 2,
      key: null,
      value: `v${index}`,
      headers: [],
    }))
    await java.produce('grouped', 'none', records)
    await java.readInGroup('tool-group', 'grouped', 10)
    assert.ok((await tool(groups, '--list')).split('\n').includes('tool-group'))
    assert.match(await tool(groups, '--list', '--state'), /tool-group\s+.*Empty/i)
    const described = await tool(groups, '--describe', '--group', 'tool-group')
    assert.match(described, /tool-group\s+grouped\s+0\s+(?:\S+\s+)?5\s+5\s+0/)
    assert.match(described, /tool-group\s+grouped\s+1\s+(?:\S+\s+)?5\s+5\s+0/)
    const state = await tool(groups, '--describe', '--group', 'tool-group', '--state')
    assert.match(state, /tool-group.*Empty/)

    const reset = ['--reset-offsets', '--group', 'tool-group', '--topic', 'grouped']
    await tool(groups, ...reset, '--to-earliest', '--execute')
    const again = await java.readInGroup('tool-group', 'grouped', 10)
    assert.deepEqual(
      new Set(again.map((one) => one.value)),
      new Set(records.map((one) => one.value)),
    )
    await tool(groups, '--delete-offsets', '--group', 'tool-group', '--topic', 'grouped:1')
    const one = (await java.ask('describeGroup', 'tool-group')) as { committed: object }
    assert.deepEqual(one.committed, { 'grouped-0': 5 })
    await tool(groups, '--delete', '--group', 'tool-group')
    assert.ok(!(await tool(groups, '--list')).includes('tool-group'))
  })

  test('ConfigCommand describes a topic and a broker', async () => {
    await broker.createTopic('configured', 1, { 'cleanup.policy': 'compact' })
    const configs = 'kafka.admin.ConfigCommand'
    const topic = ['--entity-type', 'topics', '--entity-name', 'configured', '--describe']
    assert.match(await tool(configs, ...topic), /cleanup\.policy=compact/)
    const all = await tool(configs, ...topic, '--all')
    assert.match(all, /retention\.ms=604800000/)
    assert.match(all, /cleanup\.policy=compact sensitive=false synonyms=\{.*DYNAMIC_TOPIC_CONFIG/)
    const id = /Leader: (\d+)/.exec(await tool(topics, '--describe', '--topic', 'configured'))?.[1]
    const brokerConfigs = [
      '--entity-type',
      'brokers',
      '--entity-name',
      id ?? '1',
      '--describe',
      '--all',
    ]
    assert.match(await tool(configs, ...brokerConfigs), /log\.retention\.hours=168/)
  })

  test('BrokerApiVersionsCommand understands every version offered', async () => {
    const versions = await tool('org.apache.kafka.tools.BrokerApiVersionsCommand')
    assert.match(versions, /Produce\(0\): 0 to 13 \[usable: \d+\]/)
    assert.match(versions, /Fetch\(1\): 4 to 18 \[usable: \d+\]/)
  })

  test('the admin client describes topics by name and by id', async () => {
    await broker.createTopic('by-id', 3)
    const described = (await java.ask('describeTopics')) as Record<
      string,
      { id: string; partitions: number; nameById: string }
    >
    assert.equal(described['by-id']?.partitions, 3)
    for (const [name, topic] of Object.entries(described)) assert.equal(topic.nameById, name)
    assert.deepEqual(await java.ask('createAndDelete', 'short-lived'), {
      retention: '12345',
      again: 'TopicExistsException',
      gone: true,
    })
  })

  test('cooperative-sticky members keep what they have when others come', async () => {
    await broker.createTopic('cooperative', 6)
    const options = {
      'partition.assignment.strategy':
        'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    }
    const state = async (name: string) =>
      (await java.memberState(name)) as MemberState & { revocations: number }
    await java.ask('startMember', 'c1', 'cooperating', 'cooperative', options)
    await eventually('one member owns all', async () => {
      assert.equal((await state('c1')).partitions.length, 6)
    })
    await java.ask('startMember', 'c2', 'cooperating', 'cooperative', options)
    await eventually('two members share', async () => {
      assert.equal((await state('c1')).partitions.length, 3)
      assert.equal((await state('c2')).partitions.length, 3)
    })
    // Eager members give up all six.
    assert.equal((await state('c1')).revocations, 3)
    await java.stopMember('c1')
    await eventually('the other takes over', async () => {
      assert.equal((await state('c2')).partitions.length, 6)
    })
    assert.equal((await state('c2')).revocations, 0)
    await java.stopMember('c2')
  })

  test('a static member that comes back gets its partitions without a rebalance', async () => {
    await broker.createTopic('static', 4)
    const options = (id: string) => ({ 'group.instance.id': id, 'session.timeout.ms': '30000' })
    const state = async (name: string) =>
      (await java.memberState(name)) as MemberState & { revocations: number }
    await java.ask('startMember', 's1', 'static-group', 'static', options('one'))
    await java.ask('startMember', 's2', 'static-group', 'static', options('two'))
    await eventually('two static members share', async () => {
      assert.equal((await state('s1')).partitions.length, 2)
      assert.equal((await state('s2')).partitions.length, 2)
    })
    const before = await state('s1')
    const other = await state('s2')
    await java.stopMember('s1') // a static member does not say that it leaves
    await java.ask('startMember', 's1', 'static-group', 'static', options('one'))
    await eventually('it owns the same again', async () => {
      assert.deepEqual((await state('s1')).partitions, before.partitions)
    })
    assert.equal((await state('s2')).revocations, other.revocations)
    const described = (await java.ask('describeGroup', 'static-group')) as {
      state: string
      instances: string[]
    }
    assert.equal(described.state, 'Stable')
    assert.deepEqual(described.instances, ['one', 'two'])
    await java.stopMember('s1')
    await java.stopMember('s2')
  })

  test('a member that vanishes loses its partitions when its session times out', async () => {
    await broker.createTopic('vanishing', 4)
    const options = { 'session.timeout.ms': '6000' }
    const other = startJavaPeer(broker.address)
    await java.ask('startMember', 'v1', 'vanishing-group', 'vanishing', options)
    await other.ask('startMember', 'v2', 'vanishing-group', 'vanishing', options)
    await eventually('two members share', async () => {
      assert.equal((await java.memberState('v1')).partitions.length, 2)
      assert.equal((await other.memberState('v2')).partitions.length, 2)
    })
    other.kill()
    const killedAt = performance.now()
    await eventually('the one that is left owns all', async () => {
      assert.equal((await java.memberState('v1')).partitions.length, 4)
    })
    assert.ok(performance.now() - killedAt > 4000, 'not before the session has timed out')
    await java.stopMember('v1')
    await other.close()
  })

  test('a group goes on where it was after the broker stopped, and after it was killed', async () => {
    await broker.createTopic('restarted', 1)
    const records = Array.from({ length: 10 }, (_, index) => ({
      partition: 0,
      key: null,
      value: `v${index}`,
      headers: [],
    }))
    await java.produce('restarted', 'none', records)
    const read = async (count: number): Promise<number[]> =>
      (await java.readInGroup('restarting', 'restarted', count)).map((one) => one.offset)
    assert.deepEqual(await read(4), [0, 1, 2, 3])
    await broker.stop()
    await broker.start()
    assert.deepEqual(await read(3), [4, 5, 6])
    await broker.kill()
    await broker.start()
    assert.deepEqual(await read(3), [7, 8, 9])
  })
})
