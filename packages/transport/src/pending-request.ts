import { KafkaError, Reader, responseHeaderVersion } from '@ottla/protocol'
import { ApiVersionsApi } from '@ottla/protocol/messages/api-versions'
import { ResponseHeader } from '@ottla/protocol/messages/response-header'

/** UNSUPPORTED_VERSION, as an ApiVersions answer begins with it. */
export const UNSUPPORTED_VERSION = 35

/** What a request's answer needs to find it and to be read. */
export interface Asked {
  readonly name: string
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
  /** On the clock's `monotonic()`. */
  readonly deadline: number
  readonly response: { read(reader: Reader, version: number): unknown }
}

/** A request whose answer has not come. The first of `answer`, `fail` and the signal settles it. */
export class PendingRequest {
  readonly asked: Asked
  readonly #resolve: (response: never) => void
  readonly #reject: (error: Error) => void
  readonly #signal: AbortSignal | undefined
  #isSettled = false

  /** @param resolve Takes what `asked.response` reads. */
  constructor(
    asked: Asked,
    resolve: (response: never) => void,
    reject: (error: Error) => void,
    signal: AbortSignal | undefined,
  ) {
    this.asked = asked
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  /** @param broker Who answered, for the error when the answer cannot be read. */
  answer(frame: Buffer, broker: string): void {
    if (!this.#settle()) return
    try {
      this.#resolve(decode(this.asked, frame) as never)
    } catch (error) {
      const message = `the answer to ${this.asked.name} of ${broker}: ${(error as Error).message}`
      this.#reject(new KafkaError('INVALID_REQUEST', message, { cause: error }))
    }
  }

  fail(error: Error): void {
    if (this.#settle()) this.#reject(error)
  }

  readonly #aborted = (): void => this.fail(this.#signal?.reason as Error)

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#signal?.removeEventListener('abort', this.#aborted)
    return true
  }
}

function decode({ apiKey, version, response }: Asked, frame: Buffer): unknown {
  const reader = new Reader(frame)
  ResponseHeader.read(reader, responseHeaderVersion(apiKey, version))
  // A broker that lacks the version of an ApiVersions request answers in version 0, with error 35.
  const isDowngrade =
    apiKey === ApiVersionsApi.key &&
    reader.remaining >= 2 &&
    frame.readInt16BE(reader.position) === UNSUPPORTED_VERSION
  return response.read(reader, isDowngrade ? 0 : version)
}
