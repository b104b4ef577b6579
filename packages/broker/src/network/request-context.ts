import { KafkaError } from '@ottla/protocol'
import type { Clock, Logger, Random } from '@ottla/runtime'
import type { ReplyObserver } from '@ottla/transport'
import type { BrokerParts } from '../broker-parts.ts'
import type { Requester } from '../quotas/quota-limits.ts'
import type { ApiMetrics, MeasuredRequest } from '../metrics/request-metrics.ts'

/** The user of a connection that nobody authenticated. */
const ANONYMOUS = 'ANONYMOUS'

/** The connection that a request came on. */
export interface ConnectionInfo {
  readonly id: string
  readonly listenerName: string
  readonly clientAddress: string
  /** Aborts when the connection closes or the broker stops: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Of a request: when it came, how large it was, and where its measures go. */
export interface Arrival {
  readonly requestBytes: number
  readonly receivedMs: number
  readonly beganMs: number
  readonly measures: ApiMetrics
}

/** What a handler gets besides the request: who asks, and the parts of the broker. */
export class RequestContext implements MeasuredRequest, ReplyObserver {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  /** For a handler whose answer has borrowed bytes to set: called once they have left, or never will. */
  onAnswerLeft: (() => void) | undefined
  readonly requestBytes: number
  responseBytes = 0
  readonly receivedMs: number
  readonly beganMs: number
  waitedFromMs = -1
  answeredMs = -1
  /** How long the client is throttled after its answer; whatever charges it raises this. */
  throttleMs = 0
  /** Where this request's measures go. */
  measures: ApiMetrics
  readonly #parts: BrokerParts

  constructor(
    parts: BrokerParts,
    connection: ConnectionInfo,
    apiKey: number,
    apiVersion: number,
    correlationId: number,
    clientId: string | null,
    arrival: Arrival,
  ) {
    this.#parts = parts
    this.connection = connection
    this.apiKey = apiKey
    this.apiVersion = apiVersion
    this.correlationId = correlationId
    this.clientId = clientId
    this.requestBytes = arrival.requestBytes
    this.receivedMs = arrival.receivedMs
    this.beganMs = arrival.beganMs
    this.measures = arrival.measures
  }

  /** From here on the request waits for others: bytes, replicas, members of a group, the controller. */
  beginWaiting(): void {
    if (this.waitedFromMs < 0) this.waitedFromMs = this.clock.monotonic()
  }

  onWritten(atMs: number): void {
    if (this.answeredMs < 0) this.answeredMs = atMs // it failed without an answer
    this.measures.record(this, atMs)
  }

  get signal(): AbortSignal {
    return this.connection.signal
  }

  get clientAddress(): string {
    return this.connection.clientAddress
  }

  get clock(): Clock {
    return this.#parts.clock
  }

  get random(): Random {
    return this.#parts.random
  }

  get logger(): Logger {
    return this.#parts.logger
  }

  get settings(): BrokerParts['settings'] {
    return this.#parts.settings
  }

  get metadata(): BrokerParts['metadata'] {
    return this.#parts.metadata
  }

  get controller(): BrokerParts['controller'] {
    return this.#parts.controller
  }

  get replicas(): BrokerParts['replicas'] {
    return this.#parts.replicas
  }

  get logStarts(): BrokerParts['logStarts'] {
    return this.#parts.logStarts
  }

  get directories(): BrokerParts['directories'] {
    return this.#parts.directories
  }

  get fetchSessions(): BrokerParts['fetchSessions'] {
    return this.#parts.fetchSessions
  }

  get groups(): BrokerParts['groups'] {
    return this.#parts.groups
  }

  get configs(): BrokerParts['configs'] {
    return this.#parts.configs
  }

  get metrics(): BrokerParts['metrics'] {
    return this.#parts.metrics
  }

  get producerIds(): BrokerParts['producerIds'] {
    return this.#parts.producerIds
  }

  get quotas(): BrokerParts['quotas'] {
    return this.#parts.quotas
  }

  /** Whose request it is, for quotas. */
  get requester(): Requester {
    return { user: ANONYMOUS, clientId: this.clientId ?? '' }
  }

  get topicCreation(): BrokerParts['topicCreation'] {
    return this.#parts.topicCreation
  }

  /** A failure as the client is told it; what is not a KafkaError is our bug, and logged as one. */
  asKafkaError(error: unknown): KafkaError {
    if (error instanceof KafkaError) return error
    return this.#parts.reportBug(error, this)
  }
}
