import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { simulation } from '@ottla/runtime/simulated'
import { MemoryMetadataLog, NO_LEADER } from '../../src/index.ts'
import type { MetadataImage } from '../../src/index.ts'
import type { TestController } from '../cluster.ts'
import { startController } from '../cluster.ts'
import { creation, deletion, heartbeat, id, registration, topic } from '../requests.ts'

/** What must be true of every image, whatever brokers and clients do. */
type Invariant = (image: MetadataImage, before: MetadataImage) => void

const onlyActiveBrokersLead: Invariant = (image) => {
  for (const { name, partitions } of image.topics()) {
    for (const [index, { leader, isr }] of partitions.entries()) {
      for (const replica of isr) {
        const broker = image.broker(replica)
        assert.ok(broker?.isFenced === false, `${name}-${index}: ${replica} is fenced, but in sync`)
        assert.ok(!broker.isInControlledShutdown, `${name}-${index}: ${replica} is leaving`)
      }
      assert.ok(leader === NO_LEADER || isr.includes(leader), `${name}-${index} leads out of sync`)
    }
  }
}

const replicaSetsFit: Invariant = (image) => {
  for (const { name, partitions } of image.topics()) {
    for (const [index, partition] of partitions.entries()) {
      const { replicas, isr, eligibleLeaderReplicas: elr, directories } = partition
      const where = `${name}-${index}`
      assert.equal(new Set(replicas).size, replicas.length, where)
      assert.equal(directories.length, replicas.length, where)
      for (const replica of [...isr, ...elr]) assert.ok(replicas.includes(replica), where)
      for (const replica of elr) assert.ok(!isr.includes(replica), `${where}: in ISR and ELR`)
    }
  }
}

const epochsNeverRegress: Invariant = (image, before) => {
  for (const { id: topicId, name, partitions } of before.topics()) {
    const next = image.topicById(topicId)?.partitions
    if (next === undefined) continue
    for (const [index, old] of partitions.entries()) {
      const { leader, leaderEpoch, partitionEpoch } = next[index]!
      const where = `${name}-${index}`
      assert.ok(leaderEpoch >= old.leaderEpoch && partitionEpoch >= old.partitionEpoch, where)
      if (leader !== old.leader) assert.ok(leaderEpoch > old.leaderEpoch, `${where}: one per epoch`)
    }
  }
}

const namesAndIdsAgree: Invariant = (image) => {
  let count = 0
  for (const { id: topicId, name } of image.topics()) {
    assert.equal(image.topic(name)?.id, topicId)
    count++
  }
  assert.equal(count, image.topicCount)
}

const invariants = { onlyActiveBrokersLead, replicaSetsFit, epochsNeverRegress, namesAndIdsAgree }

const BROKERS = [1, 2, 3, 4]
const TOPICS = ['a', 'b.c', 'b_c', 'd']

for (let seed = 1; seed <= 10; seed++) {
  test(`brokers come, go and crash; ${Object.keys(invariants).join(', ')} (seed ${seed})`, async () => {
    const world = simulation({ seed })
    const runtime = world.node('n1')
    const { random } = world
    const pick = <T>(list: readonly T[]): T => list[random.int(list.length)]!
    await world.run(async () => {
      const log = new MemoryMetadataLog(runtime.clock)
      const watch = (cluster: TestController) => {
        let before = cluster.loader.image
        cluster.loader.subscribe((image) => {
          for (const holds of Object.values(invariants)) holds(image, before)
          before = image
        })
        return cluster
      }
      let cluster = watch(await startController(runtime, log.open()))
      const epochs = new Map<number, number>()
      let incarnation = 100

      const steps: (() => Promise<unknown>)[] = [
        async () => {
          const broker = pick(BROKERS)
          const previousBrokerEpoch = random.int(2) === 0 ? -1 : (epochs.get(broker) ?? -1)
          const { brokerEpoch } = await cluster.controller.registerBroker(
            registration(broker, {
              incarnationId: id(incarnation++),
              rack: pick(['x', 'y', null]),
              previousBrokerEpoch,
            }),
          )
          epochs.set(broker, Number(brokerEpoch))
        },
        async () => {
          const broker = pick(BROKERS)
          const offset = cluster.loader.image.offset - random.int(2)
          await cluster.controller.brokerHeartbeat(
            heartbeat(broker, epochs.get(broker) ?? 0, offset, {
              wantFence: random.int(20) === 0,
              wantShutDown: random.int(10) === 0,
            }),
          )
        },
        async () => {
          for (const broker of BROKERS) {
            if (random.int(4) === 0) continue
            const { offset } = cluster.loader.image
            await cluster.controller
              .brokerHeartbeat(heartbeat(broker, epochs.get(broker) ?? 0, offset))
              .catch(ignoreRefusal)
          }
        },
        async () => {
          const configs = [
            { name: 'min.insync.replicas', value: String(1 + random.int(3)) },
            { name: 'unclean.leader.election.enable', value: pick(['true', 'false']) },
          ]
          const shape = { numPartitions: 1 + random.int(5), replicationFactor: 1 + random.int(3) }
          await cluster.controller.createTopics(
            creation(topic(pick(TOPICS), { ...shape, configs }), topic(pick(TOPICS))),
          )
        },
        async () => {
          if (random.int(3) === 0) await cluster.controller.deleteTopics(deletion(pick(TOPICS)), 6)
        },
        () => runtime.clock.sleep(random.int(6000)),
        async () => {
          if (random.int(10) > 0) return
          await cluster.loader.makeSnapshot()
          await cluster.close()
          cluster = watch(await startController(runtime, log.open()))
        },
      ]
      for (let n = 0; n < 600; n++) await pick(steps)().catch(ignoreRefusal)
      await cluster.close()
    })
  })
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof KafkaError)) throw error
}
