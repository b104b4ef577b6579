import type { KafkaError, MessageCodec, Reader } from '@ottla/protocol'
import type { RequestContext } from './request-context.ts'

/** One API as this broker serves it: its messages and what it does. */
export interface ServedApi<
  Request extends RequestInput,
  RequestInput,
  Response extends ResponseInput,
  ResponseInput,
> {
  readonly request: MessageCodec<Request, RequestInput>
  readonly response: MessageCodec<Response, ResponseInput>

  /** Answers at once where it can: a promise costs a turn. A KafkaError refuses the whole request. */
  readonly handle: (
    request: Request,
    context: RequestContext,
  ) => ResponseInput | Promise<ResponseInput>

  /**
   * The answer that says why the whole request failed. An API whose answer has no room for that
   * leaves it out: the connection is closed, as for a request that cannot be understood.
   */
  readonly refuse?: (
    request: Request,
    error: KafkaError,
    context: RequestContext,
  ) => ResponseInput | Promise<ResponseInput>

  /** False for a request that gets no answer: Produce with acks=0. Its failure closes the connection. */
  readonly expectsAnswer?: (request: Request) => boolean

  /** The next request of this kind may begin before this one is answered. */
  readonly mayOverlap?: boolean

  /** Once answered nothing refers to the request's bytes, the answer included: their buffer is used again. */
  readonly leavesFrame?: boolean

  /** Others finish what its handler begins (the controller, a group's members): its wait is theirs. */
  readonly waitsForOthers?: boolean
}

/** An API in the table, its messages' types forgotten: `request` is what its codec read. */
export interface AnyApi {
  readonly request: {
    readonly apiKey: number
    readonly lowestVersion: number
    read(reader: Reader, version: number): unknown
  }
  readonly response: MessageCodec<never, unknown>
  readonly handle: (request: unknown, context: RequestContext) => unknown
  readonly refuse?: (request: unknown, error: KafkaError, context: RequestContext) => unknown
  readonly expectsAnswer?: (request: unknown) => boolean
  readonly mayOverlap?: boolean
  readonly leavesFrame?: boolean
  readonly waitsForOthers?: boolean
}

/** Holds an API's parts to each other's types, then forgets them. */
export function defineApi<
  Request extends RequestInput,
  RequestInput,
  Response extends ResponseInput,
  ResponseInput,
>(api: ServedApi<Request, RequestInput, Response, ResponseInput>): AnyApi {
  return api as unknown as AnyApi
}
