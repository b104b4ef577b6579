import { apiKeys, errorName } from '@ottla/protocol'
import type { MetricFamilies } from './metric-families.ts'
import type { Slices } from './slices.ts'
import { FOLLOWER_FETCH, type RequestMetrics } from './request-metrics.ts'

/** Requests by API: counts, errors, times, sizes. */
export async function collectRequests(
  requests: RequestMetrics,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  for (const [key, api] of requests.all) {
    const request = nameOf(key)
    for (const [version, count] of api.byVersion.entries()) {
      if (count === undefined) continue
      into.add('kafka_network_requestmetrics_requests_total', count, { request, version })
    }
    for (const [code, count] of api.byError) {
      const error = errorName(code)
      into.add('kafka_network_requestmetrics_errors_total', count, { request, error })
    }
    const labels = { request }
    into.addHistogram('kafka_network_requestmetrics_totaltimems', api.totalMs, labels)
    into.addHistogram('kafka_network_requestmetrics_requestqueuetimems', api.queueMs, labels)
    into.addHistogram('kafka_network_requestmetrics_localtimems', api.localMs, labels)
    into.addHistogram('kafka_network_requestmetrics_remotetimems', api.remoteMs, labels)
    into.addHistogram('kafka_network_requestmetrics_responsesendtimems', api.responseMs, labels)
    into.addHistogram('kafka_network_requestmetrics_throttletimems', api.throttleMs, labels)
    into.addHistogram('kafka_network_requestmetrics_requestbytes', api.requestBytes, labels)
    into.addHistogram('ottla_network_requestmetrics_responsebytes', api.responseBytes, labels)
    if (slices.isOver) await slices.nextTurn()
  }
  for (const [error, count] of requests.unreadable) {
    into.add('ottla_network_unreadablerequests_total', count, { error })
  }
}

const FETCH_KEY = 1

/** As Kafka names them: a dashboard tells consumers' fetches from followers'. */
function nameOf(key: number): string {
  if (key === FOLLOWER_FETCH) return 'FetchFollower'
  if (key === FETCH_KEY) return 'FetchConsumer'
  return apiKeys.find((row) => row.key === key)?.name ?? String(key)
}
