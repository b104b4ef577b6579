import { encodeResponse, KafkaError, Reader, requestHeaderVersion } from '@ottla/protocol'
import { RequestHeader } from '@ottla/protocol/messages/request-header'
import type { Reply } from '@ottla/transport'
import { API_VERSIONS_KEY, unsupportedApiVersions } from '../apis/api-versions.ts'
import type { BrokerParts } from '../broker-parts.ts'
import { countErrors } from '../metrics/error-codes.ts'
import type { ApiTable, ServedVersions } from './api-table.ts'
import { type ConnectionInfo, RequestContext } from './request-context.ts'

/** Key, version and correlation id: what every request begins with. */
const FIXED_HEADER_BYTES = 8
/** Before every answer. */
const FRAME_SIZE_BYTES = 4

/**
 * From a frame to its answer: header, version check, decoding, the handler, encoding.
 *
 * A frame that cannot be understood (unknown key or version, bytes that do not decode) fails the
 * reply, which closes that connection with a log line and nothing else: what Kafka does.
 */
export class Dispatcher {
  readonly #parts: BrokerParts
  readonly #apis: ApiTable

  constructor(parts: BrokerParts, apis: ApiTable) {
    this.#parts = parts
    this.#apis = apis
  }

  /** Whether this request may begin while earlier ones of its connection are unanswered. */
  mayOverlap(frame: Buffer): boolean {
    if (frame.length < 2) return false
    return this.#apis.get(frame.readInt16BE(0))?.api.mayOverlap ?? false
  }

  /** Whether nothing needs this request's bytes once it is answered. */
  leavesFrame(frame: Buffer): boolean {
    if (frame.length < 2) return false
    return this.#apis.get(frame.readInt16BE(0))?.api.leavesFrame ?? false
  }

  dispatch(frame: Buffer, reply: Reply, connection: ConnectionInfo): void {
    try {
      this.#dispatch(frame, reply, connection)
    } catch (error) {
      if (error instanceof KafkaError) {
        this.#parts.metrics.requests.countUnreadable(error.code)
        return reply.fail(error)
      }
      const request = { apiKey: frame.readInt16BE(0), apiVersion: frame.readInt16BE(2) }
      reply.fail(this.#parts.reportBug(error, request))
    }
  }

  #dispatch(frame: Buffer, reply: Reply, connection: ConnectionInfo): void {
    if (frame.length < FIXED_HEADER_BYTES) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `a request has at least ${FIXED_HEADER_BYTES} bytes, this one has ${frame.length}`,
      )
    }
    const apiKey = frame.readInt16BE(0)
    const version = frame.readInt16BE(2)
    const served = this.#apis.get(apiKey)
    if (served === undefined) {
      throw new KafkaError('INVALID_REQUEST', `API key ${apiKey} is not served here`)
    }
    if (version < served.lowestVersion || version > served.highestVersion) {
      if (apiKey !== API_VERSIONS_KEY) throw unsupportedVersion(served, version)
      // Readable by every client, whatever it asked for (KIP-511).
      return reply.sendFramed(
        encodeResponse(
          served.api.response,
          frame.readInt32BE(4),
          0,
          unsupportedApiVersions(served),
        ),
      )
    }

    const beganMs = this.#parts.clock.monotonic()
    const { header, request } = readRequest(served, version, frame)
    const context = new RequestContext(
      this.#parts,
      connection,
      apiKey,
      version,
      header.correlationId,
      header.clientId,
      {
        requestBytes: reply.requestBytes,
        receivedMs: reply.receivedMs,
        beganMs,
        measures: this.#parts.metrics.requests.of(apiKey),
      },
    )
    reply.observer = context
    this.#serve(served, request, context, reply)
  }

  #serve(served: ServedVersions, request: unknown, context: RequestContext, reply: Reply): void {
    let answer: unknown
    try {
      answer = served.api.handle(request, context)
    } catch (error) {
      return this.#refuse(served, request, context, reply, error)
    }
    if (answer instanceof Promise) {
      if (served.api.waitsForOthers === true) context.beginWaiting()
      answer.then(
        (settled) => this.#answer(served, request, context, reply, settled),
        (error: unknown) => this.#refuse(served, request, context, reply, error),
      )
    } else {
      this.#answer(served, request, context, reply, answer)
    }
  }

  #answer(
    served: ServedVersions,
    request: unknown,
    context: RequestContext,
    reply: Reply,
    answer: unknown,
  ): void {
    countErrors(answer, context.measures)
    context.throttleMs = this.#throttle(context, answer)
    reply.throttleMs = context.throttleMs
    if (served.api.expectsAnswer?.(request) === false) {
      context.answeredMs = this.#parts.clock.monotonic()
      return reply.none()
    }
    let frame: Buffer[]
    try {
      frame = encodeResponse(served.api.response, context.correlationId, context.apiVersion, answer)
    } catch (error) {
      // What a handler answers always fits its version: an answer that does not is our mistake.
      return reply.fail(this.#parts.reportBug(error, context))
    }
    context.responseBytes = FRAME_SIZE_BYTES + frame[0]!.readInt32BE(0)
    context.answeredMs = this.#parts.clock.monotonic()
    reply.sendFramed(frame, context.onAnswerLeft)
  }

  /** Charges the client for the broker's time, and tells it how long it is throttled for everything. */
  #throttle(context: RequestContext, answer: unknown): number {
    if (!this.#parts.quotas.areAny) return 0
    const workedUntilMs =
      context.waitedFromMs < 0 ? this.#parts.clock.monotonic() : context.waitedFromMs
    const busyMs = workedUntilMs - context.beganMs
    const throttleMs = Math.max(
      context.throttleMs,
      this.#parts.quotas.chargeServed(context.requester, busyMs),
    )
    if (throttleMs > 0) Object.assign(answer as object, { throttleTimeMs: throttleMs })
    return throttleMs
  }

  #refuse(
    served: ServedVersions,
    request: unknown,
    context: RequestContext,
    reply: Reply,
    cause: unknown,
  ): void {
    const error = context.asKafkaError(cause)
    const { refuse, expectsAnswer } = served.api
    if (refuse === undefined || expectsAnswer?.(request) === false) {
      context.measures.countError(error.errorCode)
      return reply.fail(error)
    }
    try {
      const answer: unknown = refuse(request, error, context)
      if (answer instanceof Promise) {
        answer.then(
          (settled) => this.#answer(served, request, context, reply, settled),
          (failure: unknown) => reply.fail(context.asKafkaError(failure)),
        )
      } else this.#answer(served, request, context, reply, answer)
    } catch (failure) {
      reply.fail(context.asKafkaError(failure))
    }
  }
}

/** @throws {KafkaError} INVALID_REQUEST, which says what could not be read. */
function readRequest(
  served: ServedVersions,
  version: number,
  frame: Buffer,
): { header: RequestHeader; request: unknown } {
  const reader = new Reader(frame)
  try {
    const header = RequestHeader.read(reader, requestHeaderVersion(served.key, version))
    return { header, request: served.api.request.read(reader, version) }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const what = `a request of ${served.name} version ${version} cannot be read`
    throw new KafkaError(error.code, `${what}: ${error.message}`, { cause: error })
  }
}

function unsupportedVersion(served: ServedVersions, version: number): KafkaError {
  const { name, lowestVersion, highestVersion } = served
  return new KafkaError(
    'UNSUPPORTED_VERSION',
    `${name} version ${version} is not served here, only ${lowestVersion} to ${highestVersion}`,
  )
}
