import { durationBoundsMs, Histogram } from './histogram.ts'
import { RequestMetrics } from './request-metrics.ts'
import { TopicTraffics } from './topic-traffic.ts'

/**
 * What a broker counts while it works: plain numbers that cost next to nothing. All other numbers are
 * read where they are, when somebody asks.
 */
export class BrokerCounters {
  readonly requests: RequestMetrics = new RequestMetrics()
  readonly traffic: TopicTraffics = new TopicTraffics()
  readonly flushMs: Histogram = new Histogram(durationBoundsMs)
  /** Fetches that wait for bytes. */
  waitingFetches = 0
  /** Produce requests' partitions that wait for replicas or the disk. */
  waitingProduces = 0
}
