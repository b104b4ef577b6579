import { durationBoundsMs, Histogram, sizeBounds } from './histogram.ts'

/** Where fetches of followers are measured: a place of their own beside the APIs' keys. */
export const FOLLOWER_FETCH = -1

/** One request from its last byte to its answer; times are the clock's monotonic milliseconds. */
export interface MeasuredRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly receivedMs: number
  readonly beganMs: number
  /** When it began to wait for others (bytes, replicas, members of a group); -1: it did not. */
  readonly waitedFromMs: number
  readonly answeredMs: number
  /** For how long nothing more of its client is read, because of a quota. */
  readonly throttleMs: number
}

/** What was measured of one API. */
export class ApiMetrics {
  /** Requests by version. */
  readonly byVersion: number[] = []
  /** By Kafka's error number: one for each error code in an answer. */
  readonly #byError = new Map<number, number>()
  /** Those of 0, which nearly all are. */
  #withoutError = 0
  readonly queueMs: Histogram = new Histogram(durationBoundsMs)
  readonly localMs: Histogram = new Histogram(durationBoundsMs)
  readonly remoteMs: Histogram = new Histogram(durationBoundsMs)
  readonly responseMs: Histogram = new Histogram(durationBoundsMs)
  readonly totalMs: Histogram = new Histogram(durationBoundsMs)
  /** Of those that were throttled at all. */
  readonly throttleMs: Histogram = new Histogram(durationBoundsMs)
  readonly requestBytes: Histogram = new Histogram(sizeBounds)
  readonly responseBytes: Histogram = new Histogram(sizeBounds)

  record(request: MeasuredRequest, writtenMs: number): void {
    const { apiVersion, receivedMs, beganMs, waitedFromMs, answeredMs } = request
    const localEndMs = waitedFromMs < 0 ? answeredMs : waitedFromMs
    this.byVersion[apiVersion] = (this.byVersion[apiVersion] ?? 0) + 1
    this.queueMs.record(beganMs - receivedMs)
    this.localMs.record(localEndMs - beganMs)
    this.remoteMs.record(answeredMs - localEndMs)
    this.responseMs.record(writtenMs - answeredMs)
    this.totalMs.record(writtenMs - receivedMs)
    if (request.throttleMs > 0) this.throttleMs.record(request.throttleMs)
    this.requestBytes.record(request.requestBytes)
    this.responseBytes.record(request.responseBytes)
  }

  countError(errorCode: number): void {
    if (errorCode === 0) this.#withoutError += 1
    else this.#byError.set(errorCode, (this.#byError.get(errorCode) ?? 0) + 1)
  }

  /** How often which error number was answered, 0 among them. */
  get byError(): ReadonlyMap<number, number> {
    if (this.#withoutError === 0) return this.#byError
    return new Map([[0, this.#withoutError], ...this.#byError])
  }
}

/** All requests, by API. */
export class RequestMetrics {
  readonly #apis = new Map<number, ApiMetrics>()
  /** Frames that could not be read as a request, by Kafka's error name. */
  readonly unreadable: Map<string, number> = new Map()

  of(apiKey: number): ApiMetrics {
    let api = this.#apis.get(apiKey)
    if (api === undefined) this.#apis.set(apiKey, (api = new ApiMetrics()))
    return api
  }

  /** Those that were ever asked, by key. */
  get all(): ReadonlyMap<number, ApiMetrics> {
    return this.#apis
  }

  countUnreadable(error: string): void {
    this.unreadable.set(error, (this.unreadable.get(error) ?? 0) + 1)
  }
}
