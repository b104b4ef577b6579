import { join } from 'node:path'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { simulation } from '@ottla/runtime/simulated'
import type { BrokerHeartbeatRequest } from '@ottla/protocol/messages/broker-heartbeat'
import type { BrokerRegistrationRequest } from '@ottla/protocol/messages/broker-registration'
import type { CreatableTopic } from '@ottla/protocol/messages/create-topics'
import { decodeRecord, MemoryMetadataLog } from '../../src/index.ts'
import { startController } from '../cluster.ts'
import { creation, deletion, heartbeat, id, registration, topic } from '../requests.ts'
import { showRecord } from '../show-record.ts'
import { runTranscript } from '../../../state-machine/test/transcript.ts'

type Options = ReadonlyMap<string, string>

for (const name of ['cluster-of-one', 'directories', 'leadership', 'registration']) {
  test(`the controller does what ${name}.txt tells`, () => playTranscript(`${name}.txt`))
}

async function playTranscript(file: string): Promise<void> {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const log = new MemoryMetadataLog(runtime.clock)
    const store = log.open()
    let cluster = await startController(runtime, log.open())
    let seen = store.endOffset
    let events: string[] = []
    const epochs = new Map<number, number>()

    const report = (answer: object) => {
      const fields = Object.entries(answer).filter(([field]) => field !== 'throttleTimeMs')
      events.push(fields.map(([field, value]) => `${field}=${String(value)}`).join(' '))
    }
    const commands: Record<string, (words: string[], options: Options) => Promise<void>> = {
      register: async ([broker], options) => {
        const answer = await cluster.controller.registerBroker(
          registration(Number(broker), registrationChanges(options)),
        )
        epochs.set(Number(broker), Number(answer.brokerEpoch))
        report(answer)
      },
      heartbeat: async ([broker, ...wishes], options) => {
        const epoch = Number(options.get('epoch') ?? epochs.get(Number(broker)) ?? -1)
        const offset = Number(options.get('offset') ?? cluster.loader.image.offset)
        const changes: Partial<BrokerHeartbeatRequest> = {
          wantFence: wishes.includes('wants-fence'),
          wantShutDown: wishes.includes('wants-shutdown'),
          offlineLogDirs: directoryIds(options.get('offline')),
        }
        report(
          await cluster.controller.brokerHeartbeat(
            heartbeat(Number(broker), epoch, offset, changes),
          ),
        )
      },
      create: async ([topicName], options) => {
        const request = creation(topic(topicName!, topicChanges(options)))
        const { topics } = await cluster.controller.createTopics(request)
        for (const { errorCode, errorMessage } of topics) {
          if (errorCode !== 0) events.push(`error ${errorCode}: ${errorMessage}`)
        }
      },
      delete: async ([topicName]) => {
        const { responses } = await cluster.controller.deleteTopics(deletion(topicName!), 6)
        for (const { errorCode, errorMessage } of responses) {
          if (errorCode !== 0) events.push(`error ${errorCode}: ${errorMessage}`)
        }
      },
      'allocate-producer-ids': async ([broker]) => {
        const brokerId = Number(broker)
        const brokerEpoch = epochs.get(brokerId) ?? -1
        report(await cluster.controller.allocateProducerIds({ brokerId, brokerEpoch }))
      },
      // Brokers that are named go on sending heartbeats meanwhile.
      wait: async ([ms, ...brokers]) => {
        for (let left = Number(ms); left > 0; left -= 1000) {
          await runtime.clock.sleep(Math.min(left, 1000))
          for (const broker of brokers.map(Number)) {
            const request = heartbeat(broker, epochs.get(broker)!, cluster.loader.image.offset)
            await cluster.controller.brokerHeartbeat(request)
          }
        }
      },
      'another-controller': async () => {
        await cluster.close()
        cluster = await startController(runtime, log.open())
      },
      show: async () => {
        const { image } = cluster.loader
        for (const broker of image.brokers.values()) {
          const state = broker.isFenced ? 'fenced' : 'unfenced'
          const leaving = broker.isInControlledShutdown ? ', in controlled shutdown' : ''
          events.push(`broker ${broker.id} ${state}${leaving}`)
        }
        for (const { name, partitions } of image.topics()) {
          for (const [index, partition] of partitions.entries()) {
            const { leader, leaderEpoch, partitionEpoch, isr, replicas } = partition
            const elr = partition.eligibleLeaderReplicas
            events.push(
              `${name}-${index} leader ${leader} epoch ${leaderEpoch}/${partitionEpoch} ` +
                `isr [${isr.join()}] of [${replicas.join()}] elr [${elr.join()}]` +
                (partition.isRecovering ? ' recovering' : ''),
            )
          }
        }
      },
    }

    await runTranscript(join(import.meta.dirname, file), async (line) => {
      events = []
      const words = line.split(' ').filter((word) => !word.includes('='))
      const options = new Map(
        line
          .split(' ')
          .filter((word) => word.includes('='))
          .map((word) => word.split('=') as [string, string]),
      )
      try {
        await commands[words[0]!]!(words.slice(1), options)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        events.push(`${error.code}: ${error.message}`)
      }
      const batches = await store.read(seen, 1_000_000)
      seen = store.endOffset
      const frames = batches.flatMap(({ records }) => records)
      return [
        ...frames.map((frame) => showRecord(decodeRecord(frame), cluster.loader.image)),
        ...events,
      ]
    })
    await cluster.close()
  })
}

function registrationChanges(options: Options): Partial<BrokerRegistrationRequest> {
  const rack = options.get('rack')
  const incarnation = options.get('incarnation')
  const directory = options.get('directory')
  const previous = options.get('previous-epoch')
  const cluster = options.get('cluster')
  const maxVersion = options.get('metadata-version-max')
  return {
    ...(rack === undefined ? {} : { rack }),
    ...(cluster === undefined ? {} : { clusterId: cluster }),
    ...(incarnation === undefined ? {} : { incarnationId: id(Number(incarnation)) }),
    ...(directory === undefined ? {} : { logDirs: directoryIds(directory) }),
    ...(previous === undefined ? {} : { previousBrokerEpoch: Number(previous) }),
    ...(maxVersion === undefined
      ? {}
      : {
          features: registration(1).features.map((feature) =>
            feature.name === 'metadata.version'
              ? { ...feature, maxSupportedVersion: Number(maxVersion) }
              : feature,
          ),
        }),
  }
}

function directoryIds(list: string | undefined): string[] {
  return list?.split(',').map((directory) => id(Number(directory))) ?? []
}

function topicChanges(options: Options): Partial<CreatableTopic> {
  const assigned = options.get('assigned')
  const configs = ['min.insync.replicas', 'unclean.leader.election.enable'].flatMap((name) => {
    const value = options.get(name)
    return value === undefined ? [] : [{ name, value }]
  })
  if (assigned === undefined) {
    return {
      numPartitions: Number(options.get('partitions') ?? 1),
      replicationFactor: Number(options.get('replicas') ?? 1),
      configs,
    }
  }
  return {
    numPartitions: -1,
    replicationFactor: -1,
    configs,
    // `assigned=1,2/2,3`: partition 0 on brokers 1 and 2, partition 1 on 2 and 3.
    assignments: assigned.split('/').map((list, partitionIndex) => ({
      partitionIndex,
      brokerIds: list.split(',').map(Number),
    })),
  }
}
