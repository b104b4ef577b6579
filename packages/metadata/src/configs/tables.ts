import { SettingTable } from './setting-table.ts'
import { brokerCluster } from './tables/broker-cluster.ts'
import { brokerGroups } from './tables/broker-groups.ts'
import { brokerNetwork } from './tables/broker-network.ts'
import { brokerRemoteStorage } from './tables/broker-remote-storage.ts'
import { brokerSecurity } from './tables/broker-security.ts'
import { brokerStorage } from './tables/broker-storage.ts'
import { brokerTransactions } from './tables/broker-transactions.ts'
import { clientMetricsRows } from './tables/client-metrics.ts'
import { groupRows } from './tables/group.ts'
import { ottlaRows } from './tables/ottla.ts'
import { topicRows } from './tables/topic.ts'

/** Every setting of a broker that Kafka 4.3 knows, and our own. */
export const brokerSettingTable: SettingTable = new SettingTable(
  brokerCluster,
  brokerNetwork,
  brokerStorage,
  brokerGroups,
  brokerTransactions,
  brokerSecurity,
  brokerRemoteStorage,
  ottlaRows,
)

/** A topic's own settings; unset ones come from the broker settings named beside them. */
export const topicSettingTable: SettingTable = new SettingTable(topicRows)

/** A group's own settings (KIP-848, KIP-932, KIP-1071). */
export const groupSettingTable: SettingTable = new SettingTable(groupRows)

/** The settings of a client metrics subscription (KIP-714). */
export const clientMetricsSettingTable: SettingTable = new SettingTable(clientMetricsRows)
