import { createRequire } from 'node:module'
import * as platformatic from '@platformatic/kafka'

/**
 * The codecs of two other JavaScript clients, reached the way that their own connections reach them.
 * Clients only write requests and read responses.
 */

const require = createRequire(import.meta.url)

interface KafkajsRequest {
  encode(): Promise<{ buffer: Buffer }>
}

type KafkajsRequestMaker = (message: object) => KafkajsRequest

interface KafkajsResponse {
  decode(frame: Buffer): Promise<unknown>
}

interface KafkajsEncoder {
  writeString(value: string | null): this
  writeInt16(value: number): this
  writeInt32(value: number): this
  writeBytes(value: Buffer): this
  writeArray(values: readonly KafkajsEncoder[]): this
  readonly buffer: Buffer
}

function kafkajsModule(path: string): unknown {
  return require(`kafkajs/src/protocol/${path}`)
}

export const KafkajsEncoder = kafkajsModule('encoder') as new () => KafkajsEncoder

export function kafkajsWrite(path: string): (message: object) => Promise<Buffer> {
  const make = kafkajsModule(`requests/${path}/request`) as KafkajsRequestMaker
  return async (message) => (await make(message).encode()).buffer
}

export function kafkajsRead(path: string): (frame: Buffer) => Promise<unknown> {
  const response = kafkajsModule(`requests/${path}/response`) as KafkajsResponse
  return (frame) => response.decode(frame)
}

interface PlatformaticApi {
  readonly createRequest: unknown
  readonly parseResponse: unknown
}

type CreateRequest = (...values: readonly unknown[]) => { readonly buffer: Buffer }
type ParseResponse = (id: number, key: number, version: number, reader: unknown) => unknown

/** @param values The request's fields in the order in which the API takes them. */
export function platformaticWrite(
  { createRequest }: PlatformaticApi,
  values: readonly unknown[],
): () => Buffer {
  const create = createRequest as CreateRequest
  return () => create(...values).buffer
}

export function platformaticRead({ parseResponse }: PlatformaticApi): (frame: Buffer) => unknown {
  const parse = parseResponse as ParseResponse
  return (frame) => parse(1, 0, 0, platformatic.Reader.from(frame))
}

export { platformatic }
