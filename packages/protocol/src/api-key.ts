import type { ApiName } from './generated/api-table.ts'

/** A range of versions, both ends included. */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

/** A row of the table of APIs: facts about Apache Kafka 4.3.1. */
export interface ApiKey {
  readonly key: number
  readonly name: ApiName
  /** The name of its files: `@ottla/protocol/messages/<stem>`. */
  readonly stem: string
  /** What its messages can be read and written in. */
  readonly versions: VersionRange
  /** The same without a top version that is not offered by default. */
  readonly stableVersions: VersionRange
  /** The first version with compact lengths and tagged fields; Infinity when there is none. */
  readonly firstFlexibleVersion: number
  /** What a default broker listener offers in its ApiVersions answer; null: not offered there. */
  readonly brokerVersions: VersionRange | null
  /** What a default controller listener offers; null: not offered there. */
  readonly controllerVersions: VersionRange | null
  /** May be served on a broker's listener. */
  readonly onBroker: boolean
  /** May be served on a controller's listener. */
  readonly onController: boolean
  /** Asked by brokers, who need ClusterAction on the cluster. */
  readonly clusterAction: boolean
  /** A broker passes it on to the active controller. */
  readonly forwardable: boolean
}
