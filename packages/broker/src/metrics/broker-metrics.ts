import type { Controller, MetadataLoader, MetadataStore } from '@ottla/metadata'
import type { Clock, Health } from '@ottla/runtime'
import type { LogManager } from '@ottla/storage'
import type { ByteBudget } from '@ottla/transport'
import type { FetchSessions } from '../fetching/fetch-sessions.ts'
import type { GroupCoordinators } from '../groups/group-coordinators.ts'
import type { Metadata } from '../metadata.ts'
import type { BrokerListener } from '../network/listener.ts'
import type { Replicas } from '../partitions/replicas.ts'
import type { BrokerCounters } from './broker-counters.ts'
import { collectCluster } from './collect-cluster.ts'
import { collectGroups } from './collect-groups.ts'
import { collectNetwork } from './collect-network.ts'
import { collectPartitions } from './collect-partitions.ts'
import { collectProcess } from './collect-process.ts'
import { collectRequests } from './collect-requests.ts'
import { collectStorage } from './collect-storage.ts'
import { collectTraffic } from './collect-traffic.ts'
import { LagTimes } from './lag-times.ts'
import { MetricFamilies, type MetricFamily } from './metric-families.ts'
import { Slices } from './slices.ts'

/** The parts of a running broker that have numbers to show. */
export interface MetricSources {
  readonly clock: Clock
  readonly health: Health
  readonly counters: BrokerCounters
  readonly listeners: readonly BrokerListener[]
  readonly budget: ByteBudget
  readonly replicas: Replicas
  readonly fetchSessions: FetchSessions
  readonly groups: GroupCoordinators
  readonly metadata: Metadata
  readonly controller: Controller
  readonly store: MetadataStore
  readonly loader: MetadataLoader
  readonly logs: LogManager
  /** Kafka's number of the broker's state. */
  readonly brokerState: () => number
  /** Of topics, of partitions, of partitions of groups: how many are shown by name. */
  readonly shownMax: number
}

/** A look at all of a broker's numbers: plain data, for whoever shows them. */
export class BrokerMetrics {
  readonly #sources: MetricSources
  readonly #lagTimes = new LagTimes()

  constructor(sources: MetricSources) {
    this.#sources = sources
  }

  /** Begins to measure what costs a little: event-loop delays, garbage collections. */
  start(): void {
    this.#sources.health.start()
  }

  stop(): void {
    this.#sources.health.stop()
  }

  /**
   * All metrics that have a value, in the order of the table; what they count is added up only now. In
   * slices: whatever the broker holds, others have their turn every few milliseconds.
   */
  async collect(): Promise<readonly MetricFamily[]> {
    const sources = this.#sources
    const { counters, shownMax } = sources
    const into = new MetricFamilies()
    const slices = new Slices(sources.clock)
    await collectRequests(counters.requests, into, slices)
    await collectTraffic(counters.traffic, shownMax, into, slices)
    await collectPartitions(sources.replicas, shownMax, into, slices)
    const nowMs = sources.clock.now()
    collectStorage({ ...sources, flushMs: counters.flushMs, nowMs }, into)
    await collectGroups({ ...sources, lagTimes: this.#lagTimes }, into, slices)
    await collectCluster({ ...sources, image: sources.metadata.image }, into, slices)
    collectNetwork(sources.listeners, sources.budget, into)
    this.#collectWaiting(into)
    into.add('kafka_server_kafkaserver_brokerstate', sources.brokerState())
    collectProcess(sources.health.read(), into)
    return into.all
  }

  #collectWaiting(into: MetricFamilies): void {
    const { counters, fetchSessions } = this.#sources
    const waiting = { Fetch: counters.waitingFetches, Produce: counters.waitingProduces }
    for (const [delayedOperation, count] of Object.entries(waiting)) {
      into.add('kafka_server_delayedoperationpurgatory_purgatorysize', count, { delayedOperation })
    }
    into.add('kafka_server_fetchsessioncache_numincrementalfetchsessions', fetchSessions.count)
  }
}
