export * from './batch-header.ts'
export { checkBatch, wholeBatchSize } from './check-batch.ts'
export type { CompressionCodec } from './compression/codec.ts'
export { codecOfId, COMPRESSION_CODECS, idOfCodec } from './compression/codec.ts'
export { compress, decompress } from './compression/compress.ts'
export { UNCOMPRESSED_BYTES_MAX } from './compression/output-limit.ts'
export { crc32c, preloadCrc32c } from './crc32c.ts'
export type { Batch, DecodeOptions } from './decode-batch.ts'
export { decodeBatch, recordBytes } from './decode-batch.ts'
export type { BatchInput } from './encode-batch.ts'
export { encodeBatch } from './encode-batch.ts'
export type { Record, RecordHeader, RecordInput } from './record.ts'
export { RecordWalk } from './record-walk.ts'
export { emptyBatch, retainRecords } from './retain-records.ts'
export type { RecordError } from './record-validation-error.ts'
export { RecordValidationError } from './record-validation-error.ts'
export type { AppendRules, ValidatedBatch } from './validate-produced.ts'
export { checkProduceFormat, validateProduced } from './validate-produced.ts'
export type { ConvertOptions } from './convert-old-messages.ts'
export { convertOldMessages } from './convert-old-messages.ts'
export type {
  ControlBatchPlace,
  ControlRecordType,
  EndTransactionMarker,
} from './control-record.ts'
export {
  controlRecordType,
  decodeEndTransactionMarker,
  encodeControlBatch,
  encodeEndTransactionMarker,
} from './control-record.ts'
export { readInt64, writeInt64 } from './int64.ts'
