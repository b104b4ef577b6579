import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startBroker } from './broker-under-test.ts'
import type { Settings } from './broker-under-test.ts'
import { assertSameDumps } from './dump-comparison.ts'
import { kafkaJars, peersFolder, skipUnless } from './installed-peers.ts'

/** What docs/kafka-data.md promises: data directories of Apache Kafka and of Ottla, opened by the other. */
const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')

/** What DataDirectory.java tells; the parts that these tests look into. */
interface Answer {
  readonly topics?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly groups?: Readonly<Record<string, unknown>>
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

/** So that Apache Kafka has a snapshot of the metadata from us to read. */
const ottlaSettings: Settings = { 'metadata.log.max.record.bytes.between.snapshots': '1000' }

describe('data directories of Apache Kafka and Ottla', { skip, timeout: 400_000 }, () => {
  let root: string
  /** What the last broker wrote. */
  let output = ''
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'ottla-kafka-data-'))
    const source = join(peersFolder, 'DataDirectory.java')
    const args = ['-nowarn', '-cp', `${jars}/*`, '-d', join(root, 'classes'), source]
    const compiled = spawnSync('javac', args, { encoding: 'utf8' })
    assert.equal(compiled.status, 0, compiled.stderr)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  /** Runs operations of DataDirectory.java: an answer each. */
  const ask = (address: string, ...operations: string[]): Answer[] => {
    const java = ['-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
    const path = ['-cp', `${join(root, 'classes')}:${jars}/*`]
    const args = [...java, ...path, 'DataDirectory', address, ...operations]
    const answer = spawnSync('java', args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: 120_000,
    })
    assert.equal(answer.status, 0, `${operations.join(' ')}: ${answer.stderr}`)
    return JSON.parse(answer.stdout) as Answer[]
  }

  /** Starts a broker on `dataDir`, has the operations done, and ends it. */
  async function served(
    target: 'ottla' | 'kafka',
    operations: readonly string[],
    end: 'stop' | 'kill' = 'stop',
    dataDir = join(root, 'kafkas'),
  ): Promise<Answer[]> {
    const settings = target === 'kafka' ? kafkaSettings : ottlaSettings
    await using broker = await startBroker({ target, dataDir, settings })
    const answers = ask(broker.address, ...operations)
    await broker[end]()
    output = broker.output()
    return answers
  }

  test('one that Apache Kafka filled', async (t) => {
    const [, extra, kafkas] = await served('kafka', ['fill-kafka', 'extra', 'read'], 'kill')
    assert.equal(kafkas?.topics?.['deleted'], undefined)
    assert.equal(recordsOf(kafkas, 'plain', 0), 100)
    assert.equal(recordsOf(kafkas, 'transactions', 0), 12)
    assert.equal(kafkas?.topics?.['transactions']?.['committed 0'], '0 1 2 8 9 10')
    const offsets = kafkas.groups?.['consumer-group'] as Readonly<Record<string, string>>
    assert.equal(offsets['plain-0'], '12 0 ')
    let ours: Answer | undefined

    await t.test('opens in Ottla though Apache Kafka was killed', async () => {
      const [read, , added] = await served('ottla', ['read', 'more=ottla', 'read'])
      assert.deepEqual(read, kafkas)
      assert.equal(recordsOf(added, 'plain', 0), 110)
      assert.equal(recordsOf(added, 'made-by-ottla', 1), 4)
      ours = added
      const snapshots = globSync(join(root, 'kafkas', '__cluster_metadata-0', '*.checkpoint'))
      assert.notEqual(snapshots.length, 0)
      assert.match(output, /WARN .*ACLs, which are kept and not enforced.* acls=1/)
      assert.match(output, /WARN .*credentials, which are kept and not used.* scramCredentials=1/)
      assert.match(
        output,
        /WARN .*groups of kinds that are not served keep their offsets.* consumer=1/,
      )
      assert.match(
        output,
        /WARN .*groups of kinds that are not served keep their offsets.* share=1/,
      )
    })

    await t.test(
      'opens in Apache Kafka again, with what Ottla added and what it does not serve',
      async () => {
        const [read, extraAgain] = await served('kafka', ['read', 'extra'])
        assert.deepEqual(read, ours)
        const groups = { ...extra?.groups, 'group-of-ottla': 'Classic' }
        assert.deepEqual(extraAgain, { ...extra, groups })
      },
    )

    await t.test('opens in Ottla once more, as Apache Kafka stopped it', async () => {
      const [read] = await served('ottla', ['read'])
      assert.deepEqual(read, ours)
    })

    await t.test('shows ottla dump, of every file, what it shows Kafka’s DumpLogSegments', () => {
      const folder = join(root, 'kafkas')
      const files = globSync(`${folder}/*/*.{log,index,timeindex,txnindex,snapshot,checkpoint}`)
      assert.ok(files.length > 60)
      assertSameDumps(files)
    })
  })

  test('one that Ottla filled opens in Apache Kafka, and in Ottla again though Apache Kafka was killed', async () => {
    const dataDir = join(root, 'ours')
    const [, ours] = await served('ottla', ['fill', 'read'], 'stop', dataDir)
    assert.equal(recordsOf(ours, 'plain', 0), 100)
    const [kafkas, , added] = await served('kafka', ['read', 'more=kafka', 'read'], 'kill', dataDir)
    assert.deepEqual(kafkas, ours)
    assert.equal(recordsOf(added, 'plain', 0), 110)
    const [again] = await served('ottla', ['read'], 'stop', dataDir)
    assert.deepEqual(again, added)
  })
})

function recordsOf(answer: Answer | undefined, topic: string, partition: number): number {
  const records = answer?.topics?.[topic]?.[`records ${partition}`]
  assert.ok(Array.isArray(records), `no records of ${topic}-${partition}`)
  return records.length
}
