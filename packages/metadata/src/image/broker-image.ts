import { MIGRATING_DIRECTORY, UNASSIGNED_DIRECTORY } from './partition-image.ts'

/** Where a broker or controller can be reached through one of its listeners. */
export interface Endpoint {
  readonly listener: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

/** The levels of one feature that a node can run with, both inclusive. */
export interface FeatureRange {
  readonly min: number
  readonly max: number
}

/** A registered broker. */
export interface BrokerImage {
  readonly id: number
  /** Names this registration: the metadata offset at which the incarnation registered. */
  readonly epoch: number
  /** Made anew by the broker at each of its starts. */
  readonly incarnationId: string
  /** By listener name, in the order in which the broker gave them. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly features: ReadonlyMap<string, FeatureRange>
  readonly rack: string | null
  /** A fenced broker leads nothing and is shown to no client. */
  readonly isFenced: boolean
  readonly isInControlledShutdown: boolean
  readonly isMigratingZkBroker: boolean
  /** Ids of its data directories that are online (KIP-858). */
  readonly directories: readonly string[]
  /** Ids of directories that take no new replicas (KIP-1066); null when it never said. */
  readonly cordonedDirectories: readonly string[] | null
  /** Offset of the record that last (re)registered it: it may be unfenced once it has read so far. */
  readonly registrationOffset: number
}

/** A registered controller (KIP-919). */
export interface ControllerImage {
  readonly id: number
  readonly incarnationId: string
  readonly isZkMigrationReady: boolean
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly features: ReadonlyMap<string, FeatureRange>
}

/**
 * Whether a replica in that directory of the broker's can be used. A directory that is not known yet
 * counts as online, and so do all of a broker that does not name any (KIP-858).
 */
export function hasOnlineDirectory(broker: BrokerImage | undefined, directory: string): boolean {
  if (broker === undefined) return false
  if (directory === UNASSIGNED_DIRECTORY || directory === MIGRATING_DIRECTORY) return true
  return broker.directories.length === 0 || broker.directories.includes(directory)
}

/** Neither fenced nor on its way out: what may lead, be in an ISR and take new replicas. */
export function isActive(broker: BrokerImage | undefined): boolean {
  return broker !== undefined && !broker.isFenced && !broker.isInControlledShutdown
}
