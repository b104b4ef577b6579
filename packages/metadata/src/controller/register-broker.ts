import { KafkaError } from '@ottla/protocol'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponseInput,
} from '@ottla/protocol/messages/broker-registration'
import type { RegisterBrokerRecord } from '@ottla/protocol/records/register-broker-record'
import type { Decision } from '@ottla/state-machine'
import type { BrokerImage } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import type { ControllerEnvironment } from './environment.ts'
import { leadershipChanges } from './leadership.ts'
import {
  areDirectoriesAssigned,
  areEligibleLeaderReplicasKept,
  METADATA_VERSION,
  recordVersions,
} from '../image/record-versions.ts'

/**
 * BrokerRegistration (key 62), versions 0–4: a broker says that it is there, and gets its epoch.
 *
 * It is fenced until its heartbeats say that it has read the metadata log up to its registration.
 * Registering again under the same incarnation amends the registration and keeps the epoch. A new
 * incarnation gets a new epoch, and its partitions are treated as after a shutdown: a clean one when
 * it names the epoch before it, a crash otherwise (KIP-966).
 *
 *   v1  migrating ZooKeeper brokers (refused)
 *   v2  directory ids (KIP-858)
 *   v3  the epoch before the last clean shutdown
 *
 * @param hasValidSession Whether the broker id's present holder was heard of lately.
 */
export function registerBroker(
  image: MetadataImage,
  request: BrokerRegistrationRequest,
  environment: ControllerEnvironment,
  nextOffset: number,
  hasValidSession: boolean,
): Decision<MetadataRecord, BrokerRegistrationResponseInput> {
  const { brokerId, incarnationId } = request
  if (request.clusterId !== environment.clusterId) {
    throw new KafkaError(
      'INCONSISTENT_CLUSTER_ID',
      `Expected cluster ID ${environment.clusterId}, but got cluster ID ${request.clusterId}`,
    )
  }
  const existing = image.broker(brokerId)
  const isSameIncarnation = existing?.incarnationId === incarnationId
  if (hasValidSession && !isSameIncarnation && !holdsDirectoriesOf(existing, request)) {
    throw new KafkaError(
      'DUPLICATE_BROKER_REGISTRATION',
      `Another broker is registered with that broker id.`,
    )
  }
  if (request.isMigratingZkBroker) {
    throw new KafkaError(
      'BROKER_ID_NOT_REGISTERED',
      'Controller does not support registering ZK brokers.',
    )
  }
  if (areDirectoriesAssigned(image)) checkDirectories(image, request)
  checkFeatures(image, request)

  const records = isSameIncarnation ? [] : afterShutdown(image, existing, request, environment)
  const brokerEpoch = isSameIncarnation ? existing.epoch : nextOffset
  const value: RegisterBrokerRecord = {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId,
    brokerEpoch,
    endPoints: request.listeners.map(({ name, host, port, securityProtocol }) => ({
      name,
      host,
      port,
      securityProtocol,
    })),
    features: request.features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minSupportedVersion,
      maxSupportedVersion,
    })),
    rack: request.rack,
    fenced: isSameIncarnation ? existing.isFenced : true,
    inControlledShutdown: isSameIncarnation ? existing.isInControlledShutdown : false,
    logDirs: areDirectoriesAssigned(image) ? [...request.logDirs] : [],
    // The broker says it with its heartbeats.
    cordonedLogDirs: null,
  }
  records.push({
    type: 'RegisterBrokerRecord',
    version: recordVersions(image).registerBroker,
    value,
  })
  return { records, reply: { errorCode: 0, brokerEpoch, throttleTimeMs: 0 } }
}

/**
 * Whoever holds a broker's directories is that broker: they are locked, so their former holder is
 * dead. It need not wait, as Kafka makes it, until its own former session has timed out.
 */
function holdsDirectoriesOf(
  existing: BrokerImage | undefined,
  request: BrokerRegistrationRequest,
): boolean {
  return existing?.directories.some((directory) => request.logDirs.includes(directory)) ?? false
}

function afterShutdown(
  image: MetadataImage,
  existing: BrokerImage | undefined,
  request: BrokerRegistrationRequest,
  environment: ControllerEnvironment,
): MetadataRecord[] {
  if (existing === undefined) return []
  const wasClean = Number(request.previousBrokerEpoch) === existing.epoch
  const isCrash = areEligibleLeaderReplicasKept(image) && !wasClean
  return leadershipChanges(
    image,
    { type: isCrash ? 'crashed' : 'leaves', brokerId: request.brokerId },
    environment,
  )
}

function checkDirectories(image: MetadataImage, request: BrokerRegistrationRequest): void {
  const { brokerId, logDirs } = request
  if (logDirs.length === 0) throw invalid('No directories specified in request')
  if (logDirs.some(isReservedDirectory)) throw invalid('Reserved directory ID in request')
  if (new Set(logDirs).size !== logDirs.length) throw invalid('Duplicate directory ID in request')
  for (const other of image.brokers.values()) {
    if (other.id === brokerId) continue
    const shared = other.directories.find((directory) => logDirs.includes(directory))
    if (shared !== undefined) {
      throw invalid(`Broker ${other.id} is already registered with directory ${shared}`)
    }
  }
}

/** The first hundred ids have meanings of their own (UNASSIGNED, LOST, …). */
function isReservedDirectory(id: string): boolean {
  const bytes = Buffer.from(id, 'base64url')
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15]! < 100
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REGISTRATION', message)
}

/** Every finalized feature must lie in the range that the broker can run with. */
function checkFeatures(image: MetadataImage, request: BrokerRegistrationRequest): void {
  const offered = new Map(request.features.map((range) => [range.name, range]))
  if (!offered.has(METADATA_VERSION)) {
    throw invalid(`The registration does not say which ${METADATA_VERSION} the broker supports`)
  }
  for (const [name, level] of image.features) {
    const { minSupportedVersion: min, maxSupportedVersion: max } = offered.get(name) ?? NOTHING
    if (level < min || level > max) throw unsupported(name, level, min, max)
  }
  for (const { name, minSupportedVersion: min, maxSupportedVersion: max } of request.features) {
    if (!image.features.has(name) && min > 0) {
      throw unsupported(name, 0, min, max)
    }
  }
}

function unsupported(name: string, level: number, min: number, max: number): KafkaError {
  return new KafkaError(
    'UNSUPPORTED_VERSION',
    `Unable to register because the broker does not support finalized version ${level} of ` +
      `${name}. The broker wants a version between ${min} and ${max}, inclusive.`,
  )
}

const NOTHING = { minSupportedVersion: 0, maxSupportedVersion: 0 }
