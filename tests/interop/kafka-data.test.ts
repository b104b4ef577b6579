import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startBroker } from './broker-under-test.ts'
import type { Settings } from './broker-under-test.ts'
import { kafkaJars, peersFolder, skipUnless } from './installed-peers.ts'

/** What docs/kafka-data.md promises: data directories of Apache Kafka and of Ottla, opened by the other. */
const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')

/** As `read` of DataDirectory.java tells it. */
interface Contents {
  readonly clusterId: string
  readonly topics: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly broker: Readonly<Record<string, string>>
  readonly groups: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Kafka's, so that it has all there is: an authorizer, few partitions, a quick cleaner. */
const kafkaSettings: Settings = {
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '2',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'log.cleaner.backoff.ms': '500',
}

describe('data directories of Apache Kafka and Ottla', { skip, timeout: 400_000 }, () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'ottla-kafka-data-'))
    const source = join(peersFolder, 'DataDirectory.java')
    const args = ['-nowarn', '-cp', `${jars}/*`, '-d', join(root, 'classes'), source]
    const compiled = spawnSync('javac', args, { encoding: 'utf8' })
    assert.equal(compiled.status, 0, compiled.stderr)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  /** One run of DataDirectory.java. */
  const ask = (...args: string[]): unknown => {
    const java = ['-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
    const path = ['-cp', `${join(root, 'classes')}:${jars}/*`]
    const answer = spawnSync('java', [...java, ...path, 'DataDirectory', ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: 120_000,
    })
    assert.equal(answer.status, 0, `${args.join(' ')}: ${answer.stderr}`)
    return JSON.parse(answer.stdout)
  }
  const read = (address: string): Contents => ask('read', address) as Contents

  /** Starts a broker on `dataDir`, lets `use` talk to it, and stops it. */
  async function served<Answer>(
    target: 'ottla' | 'kafka',
    dataDir: string,
    use: (address: string) => Answer,
    end: 'stop' | 'kill' = 'stop',
  ): Promise<Answer> {
    const settings = target === 'kafka' ? kafkaSettings : {}
    await using broker = await startBroker({ target, dataDir, settings })
    const answer = use(broker.address)
    await broker[end]()
    return answer
  }

  describe('one that Apache Kafka wrote', () => {
    let kafkas: Contents
    let extra: unknown
    let dataDir: string
    let killed: string

    before(async () => {
      dataDir = join(root, 'kafka')
      killed = join(root, 'killed')
      kafkas = await served('kafka', dataDir, (address) => {
        ask('fill', address)
        extra = ask('extra', address)
        const contents = read(address)
        return contents
      })
      assert.equal(kafkas.topics['deleted'], undefined)
      assert.equal((kafkas.topics['plain']?.['records 0'] as string[]).length, 100)
      assert.equal((kafkas.topics['transactions']?.['records 0'] as string[]).length, 12)
      assert.equal(kafkas.topics['transactions']?.['committed 0'], '0 1 2 8 9 10')
      assert.equal(kafkas.groups['consumer-group']?.['plain-0'], '12 0 ')
      cpSync(dataDir, killed, { recursive: true })
    })

    test('opens in Ottla with every record, offset, setting and topic id', async () => {
      const ours = await served('ottla', dataDir, read)
      assert.deepEqual(ours, kafkas)
    })

    test('opens in Apache Kafka again, with what Ottla added and with what it does not serve', async () => {
      const ours = await served('ottla', dataDir, (address) => {
        ask('more', address, 'ottla')
        return read(address)
      })
      assert.equal((ours.topics['made-by-ottla']?.['records 1'] as string[]).length, 4)
      assert.equal((ours.topics['plain']?.['records 0'] as string[]).length, 110)
      const [again, extraAgain] = await served('kafka', dataDir, (address) => [
        read(address),
        ask('extra', address),
      ])
      assert.deepEqual(again, ours)
      const { groups, ...others } = extraAgain as { groups: Readonly<Record<string, string>> }
      assert.deepEqual(
        { ...others, groups: { ...groups } },
        { ...(extra as object), groups: { ...groups } },
      )
      const before = (extra as { groups: Readonly<Record<string, string>> }).groups
      assert.deepEqual(groups, { ...before, 'group-of-ottla': 'Classic' })
    })

    test('opens in Ottla when Apache Kafka was killed', async () => {
      const [before] = await served(
        'kafka',
        killed,
        (address) => {
          ask('more', address, 'kafka')
          return [read(address)]
        },
        'kill',
      )
      assert.deepEqual(await served('ottla', killed, read), before)
    })
  })

  test('one that Ottla wrote opens in Apache Kafka, and in Ottla again when Apache Kafka was killed', async () => {
    const dataDir = join(root, 'ottla')
    const ours = await served('ottla', dataDir, (address) => {
      ask('fill', address, 'ottla')
      return read(address)
    })
    assert.equal((ours.topics['plain']?.['records 0'] as string[]).length, 100)
    assert.equal(ours.groups['classic-group']?.['plain-0'], '10 0 ')
    const [kafkas, added] = await served(
      'kafka',
      dataDir,
      (address) => {
        const contents = read(address)
        ask('more', address, 'kafka')
        return [contents, read(address)]
      },
      'kill',
    )
    assert.deepEqual(kafkas, ours)
    assert.deepEqual(await served('ottla', dataDir, read), added)
  })
})
