import type { BrokerHeartbeatRequest } from '@ottla/protocol/messages/broker-heartbeat'
import type { BrokerRegistrationRequest } from '@ottla/protocol/messages/broker-registration'
import type { CreatableTopic, CreateTopicsRequest } from '@ottla/protocol/messages/create-topics'
import type { DeleteTopicsRequest } from '@ottla/protocol/messages/delete-topics'
import { supportedFeatures } from '../src/index.ts'
import type { TestController } from './cluster.ts'
import { CLUSTER_ID } from './cluster.ts'

/** A uuid in text form that a reader can tell from others. */
export function id(n: number): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(n + 1000, 12)
  return bytes.toString('base64url')
}

export function registration(
  brokerId: number,
  changes: Partial<BrokerRegistrationRequest> = {},
): BrokerRegistrationRequest {
  return {
    brokerId,
    clusterId: CLUSTER_ID,
    incarnationId: id(brokerId),
    listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
    features: [...supportedFeatures].map(([name, { min, max }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    })),
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [id(100 + brokerId)],
    previousBrokerEpoch: -1,
    ...changes,
  }
}

export function heartbeat(
  brokerId: number,
  brokerEpoch: number,
  currentMetadataOffset: number,
  changes: Partial<BrokerHeartbeatRequest> = {},
): BrokerHeartbeatRequest {
  return {
    brokerId,
    brokerEpoch,
    currentMetadataOffset,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
    ...changes,
  }
}

/** Registers a broker and unfences it. @returns Its epoch. */
export async function join(
  { controller, loader }: TestController,
  brokerId: number,
  changes: Partial<BrokerRegistrationRequest> = {},
): Promise<number> {
  const { brokerEpoch } = await controller.registerBroker(registration(brokerId, changes))
  const epoch = Number(brokerEpoch)
  await controller.brokerHeartbeat(heartbeat(brokerId, epoch, loader.image.offset))
  return epoch
}

export function topic(name: string, changes: Partial<CreatableTopic> = {}): CreatableTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...changes }
}

export function creation(...topics: CreatableTopic[]): CreateTopicsRequest {
  return { topics, timeoutMs: 1000, validateOnly: false }
}

export function deletion(...names: string[]): DeleteTopicsRequest {
  return {
    topics: names.map((name) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })),
    topicNames: [],
    timeoutMs: 1000,
  }
}
