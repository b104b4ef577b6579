import type { KafkaError } from '@ottla/protocol'
import type { RecordInput } from '@ottla/records'
import type { RecordMetadata } from './outgoing-record.ts'

/** Bytes of a record beside key, value and headers: an upper bound of its varints. */
const RECORD_OVERHEAD_BYTES = 40

/** Records of one partition that travel and succeed or fail together. */
export class ProducerBatch {
  readonly records: RecordInput[] = []
  readonly topic: string
  readonly partition: number
  /** On the monotonic clock: of the first record. */
  readonly createdAt: number
  #sizeBytes = 0
  readonly #waiting: PromiseWithResolvers<RecordMetadata>[] = []

  constructor(topic: string, partition: number, createdAt: number) {
    this.topic = topic
    this.partition = partition
    this.createdAt = createdAt
  }

  /** Of the records, uncompressed; an estimate from above. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(record: RecordInput, waiting: PromiseWithResolvers<RecordMetadata>): void {
    this.records.push(record)
    this.#waiting.push(waiting)
    this.#sizeBytes += sizeOf(record)
  }

  /** @param baseOffset -1: not known. @param logAppendTimeMs -1: the records keep their own. */
  succeed(baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = this
    for (const [index, { resolve }] of this.#waiting.entries()) {
      const timestamp =
        logAppendTimeMs >= 0 ? logAppendTimeMs : (this.records[index]?.timestamp ?? -1)
      resolve({ topic, partition, offset: baseOffset < 0 ? -1 : baseOffset + index, timestamp })
    }
  }

  fail(error: KafkaError | Error): void {
    for (const { reject } of this.#waiting) reject(error)
  }
}

export function sizeOf({ key, value, headers = [] }: RecordInput): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) {
    size += 10 + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
  }
  return size
}
