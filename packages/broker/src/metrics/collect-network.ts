import type { ByteBudget } from '@ottla/transport'
import type { BrokerListener } from '../network/listener.ts'
import type { MetricFamilies } from './metric-families.ts'

/** Connections by listener, and the memory that their requests hold. */
export function collectNetwork(
  listeners: readonly BrokerListener[],
  budget: ByteBudget,
  into: MetricFamilies,
): void {
  for (const { name: listener, connectionCount, connectionTotals } of listeners) {
    const { created, closed, refused } = connectionTotals
    const labels = { listener }
    into.add('kafka_server_socket_server_metrics_connection_count', connectionCount, labels)
    into.add('kafka_server_socket_server_metrics_connection_creation_total', created, labels)
    into.add('kafka_server_socket_server_metrics_connection_close_total', closed, labels)
    into.add('ottla_server_socket_server_metrics_connection_refused_total', refused, labels)
  }
  const { usedBytes, limitBytes } = budget
  into.add('kafka_network_socketserver_memorypoolused', usedBytes)
  into.add('kafka_network_socketserver_memorypoolavailable', Math.max(0, limitBytes - usedBytes))
}
