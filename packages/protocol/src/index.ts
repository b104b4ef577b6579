export { apiKeys, apiNamed, apiOfKey } from './api-keys.ts'
export type { ApiKey, ApiName, VersionRange } from './api-keys.ts'
export { errorName, errorNumber, errorTable, KafkaError, NO_ERROR, throwIfError } from './errors.ts'
export type { ErrorName, ErrorRow } from './errors.ts'
export { decodeResponse, encodeRequest, encodeResponse } from './frames.ts'
export type { RequestFrame } from './frames.ts'
export { readRequestHeader, requestHeaderVersion, responseHeaderVersion } from './headers.ts'
export { type Int64, nearestInt64 } from './int64.ts'
export type { Api, MessageCodec } from './message.ts'
export { coordinatorPartition, javaHash, murmur2, partitionOfKey } from './partitioning.ts'
export { decodedBytesAllowance, decodedBytesMax, decodedBytesPerByte, Reader } from './reader.ts'
export {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  decodeMetadataRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  encodeMetadataRecord,
} from './stored-records.ts'
export type { StoredRecord } from './stored-records.ts'
export type { UnknownTaggedField } from './unknown-tagged-fields.ts'
export { isUuidText, uuidToText, writeUuid, ZERO_UUID } from './uuid.ts'
export { uvarintBytes, Writer } from './writer.ts'
