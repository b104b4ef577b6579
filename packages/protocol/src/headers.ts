import { apiOfKey } from './api-keys.ts'
import { KafkaError } from './errors.ts'
import { RequestHeader } from './generated/messages/request-header.ts'
import type { Reader } from './reader.ts'

const apiVersionsKey = 18

/** The version of the header before a request: 2 before flexible bodies, otherwise 1. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  return apiVersion >= firstFlexibleVersion(apiKey) ? 2 : 1
}

/**
 * The version of the header before a response: 1 before flexible bodies, otherwise 0.
 *
 * ApiVersions' is always 0: a client reads it before it knows which versions the broker has (KIP-511).
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  if (apiKey === apiVersionsKey) return 0
  return apiVersion >= firstFlexibleVersion(apiKey) ? 1 : 0
}

/**
 * Reads a request's header, whose own version follows from its first two fields.
 *
 * @throws {KafkaError} INVALID_REQUEST for an API that nobody knows: where its body begins cannot be told.
 */
export function readRequestHeader(reader: Reader): RequestHeader {
  const peek = reader.fork()
  const apiKey = peek.int16()
  return RequestHeader.read(reader, requestHeaderVersion(apiKey, peek.int16()))
}

function firstFlexibleVersion(apiKey: number): number {
  const api = apiOfKey(apiKey)
  if (api === undefined) throw new KafkaError('INVALID_REQUEST', `API key ${apiKey} is unknown`)
  return api.firstFlexibleVersion
}
