import { KafkaError } from '@ottla/protocol'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponseInput,
} from '@ottla/protocol/messages/broker-heartbeat'
import type { BrokerRegistrationChangeRecord } from '@ottla/protocol/records/broker-registration-change-record'
import type { Decision } from '@ottla/state-machine'
import type { BrokerImage } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import type { BrokerSessions } from './broker-sessions.ts'
import type { ControllerEnvironment } from './environment.ts'
import { leadershipChanges, leadsAnything } from './leadership.ts'
import { canCordonDirectories } from '../image/record-versions.ts'

/**
 *   fenced ──caught up──▶ unfenced ──wants to shut down, leads──▶ shutting-down
 *     ▲                      │                                        │ leads nothing more, and all
 *     └── silent, wants it ──┘── wants to shut down, leads nothing ──▶│ others know its successors
 *                                                                     ▼
 *                                                                   stopped (fenced)
 */
type BrokerState = 'fenced' | 'unfenced' | 'shutting-down' | 'stopped'

/**
 * BrokerHeartbeat (key 63), versions 0–2: a broker is alive, and says what it would like to be.
 *
 *   v1  directories that went offline (KIP-858)
 *   v2  cordoned directories (KIP-1066)
 *
 * Partitions in a directory that went offline get another leader, or none until it is back.
 *
 * @param nextOffset Of the next record; a controlled shutdown waits for the others to reach it.
 */
export function brokerHeartbeat(
  image: MetadataImage,
  request: BrokerHeartbeatRequest,
  environment: ControllerEnvironment,
  sessions: BrokerSessions,
  nextOffset: number,
): Decision<MetadataRecord, BrokerHeartbeatResponseInput> {
  const broker = checkBrokerEpoch(image, request.brokerId, Number(request.brokerEpoch))
  const now = currentState(broker)
  const isCaughtUp = Number(request.currentMetadataOffset) >= broker.registrationOffset
  const next = nextState(image, broker, now, isCaughtUp, request, sessions, nextOffset)

  const records = next === now ? [] : transition(image, broker, next, environment)
  if (now !== 'shutting-down' && next === 'shutting-down') {
    sessions.shutdownOffset(broker.id, nextOffset + records.length - 1)
  }
  // A broker that leaves has given all its partitions up already.
  if (next === now) records.push(...lossOfDirectories(image, broker, request, environment))
  records.push(...directoryChanges(image, broker, request))
  return {
    records,
    reply: {
      errorCode: 0,
      isCaughtUp,
      isFenced: next === 'fenced' || next === 'stopped',
      shouldShutDown: next === 'stopped',
      throttleTimeMs: 0,
    },
  }
}

/** The records that fence a broker: because it was silent too long, or because it wishes. */
export function fenceBroker(
  image: MetadataImage,
  broker: BrokerImage,
  environment: ControllerEnvironment,
): MetadataRecord[] {
  // First the partitions: at no point in the log does a fenced broker lead.
  const changes = leadershipChanges(image, { type: 'leaves', brokerId: broker.id }, environment)
  return [...changes, registrationChange(broker, 0, { fenced: 1 })]
}

/** @throws {KafkaError} BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH. */
export function checkBrokerEpoch(
  image: MetadataImage,
  brokerId: number,
  brokerEpoch: number,
): BrokerImage {
  const broker = image.broker(brokerId)
  if (broker === undefined) {
    throw new KafkaError(
      'STALE_BROKER_EPOCH',
      `No broker registration found for broker id ${brokerId}`,
    )
  }
  if (broker.epoch !== brokerEpoch) {
    throw new KafkaError(
      'STALE_BROKER_EPOCH',
      `Expected broker epoch ${broker.epoch} for broker ${brokerId}, but got ${brokerEpoch}`,
    )
  }
  return broker
}

function currentState(broker: BrokerImage): BrokerState {
  if (broker.isFenced) return 'fenced'
  return broker.isInControlledShutdown ? 'shutting-down' : 'unfenced'
}

function nextState(
  image: MetadataImage,
  broker: BrokerImage,
  now: BrokerState,
  isCaughtUp: boolean,
  { wantFence, wantShutDown }: BrokerHeartbeatRequest,
  sessions: BrokerSessions,
  nextOffset: number,
): BrokerState {
  switch (now) {
    case 'fenced':
      if (wantShutDown) return 'stopped'
      // There is no way back from a controlled shutdown but a new incarnation.
      if (broker.isInControlledShutdown) return 'fenced'
      return !wantFence && isCaughtUp ? 'unfenced' : 'fenced'
    case 'unfenced':
      if (wantFence) return wantShutDown ? 'stopped' : 'fenced'
      if (!wantShutDown) return 'unfenced'
      return leadsAnything(image, broker.id) ? 'shutting-down' : 'stopped'
    case 'shutting-down': {
      // A leader that cannot be replaced holds its broker up: the broker gives up in its own time.
      if (leadsAnything(image, broker.id)) return 'shutting-down'
      const needed = sessions.shutdownOffset(broker.id, nextOffset - 1)
      for (const other of image.brokers.values()) {
        const isActive = !other.isFenced && !other.isInControlledShutdown
        if (isActive && sessions.metadataOffset(other.id) < needed) return 'shutting-down'
      }
      return 'stopped'
    }
    case 'stopped':
      return 'stopped'
    default:
      return now satisfies never
  }
}

function transition(
  image: MetadataImage,
  broker: BrokerImage,
  next: BrokerState,
  environment: ControllerEnvironment,
): MetadataRecord[] {
  const changes = (type: 'comes' | 'leaves') =>
    leadershipChanges(image, { type, brokerId: broker.id }, environment)
  switch (next) {
    case 'fenced':
    case 'stopped':
      return broker.isFenced ? [] : fenceBroker(image, broker, environment)
    case 'unfenced':
      return [registrationChange(broker, 0, { fenced: -1 }), ...changes('comes')]
    case 'shutting-down':
      return [registrationChange(broker, 1, { inControlledShutdown: 1 }), ...changes('leaves')]
    default:
      return next satisfies never
  }
}

function lossOfDirectories(
  image: MetadataImage,
  { id: brokerId, directories: known }: BrokerImage,
  { offlineLogDirs }: BrokerHeartbeatRequest,
  environment: ControllerEnvironment,
): MetadataRecord[] {
  const directories = known.filter((id) => offlineLogDirs.includes(id))
  if (directories.length === 0) return []
  return leadershipChanges(image, { type: 'loses-directories', brokerId, directories }, environment)
}

function directoryChanges(
  image: MetadataImage,
  broker: BrokerImage,
  request: BrokerHeartbeatRequest,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  const online = broker.directories.filter((id) => !request.offlineLogDirs.includes(id))
  if (online.length < broker.directories.length) {
    records.push(registrationChange(broker, 2, { logDirs: online }))
  }
  const cordoned = request.cordonedLogDirs
  if (cordoned !== null && canCordonDirectories(image)) {
    const known = broker.cordonedDirectories
    const isSame = known?.length === cordoned.length && cordoned.every((id) => known.includes(id))
    if (!isSame) records.push(registrationChange(broker, 3, { cordonedLogDirs: cordoned }))
  }
  return records
}

function registrationChange(
  broker: BrokerImage,
  version: number,
  change: Partial<BrokerRegistrationChangeRecord>,
): MetadataRecord {
  return {
    type: 'BrokerRegistrationChangeRecord',
    version,
    value: {
      brokerId: broker.id,
      brokerEpoch: broker.epoch,
      fenced: 0,
      inControlledShutdown: 0,
      logDirs: [],
      cordonedLogDirs: null,
      ...change,
    },
  }
}
