import { encodeRequest } from '@ottla/protocol'
import { FetchRequest } from '@ottla/protocol/messages/fetch'
import { ProduceRequest } from '@ottla/protocol/messages/produce'
import { encodeBatch } from '@ottla/records'

/**
 * Requests made once, in the newest versions without tagged fields, and where their answers keep what
 * the generator looks at.
 *
 *   Produce v8 answer   size, correlation id, topics [name, partitions [index, error, base offset, …]]
 *   Fetch v11 answer    size, correlation id, throttle time, error, session, topics [name, partitions
 *                       [index, error, high watermark, last stable and log start offset, aborted [],
 *                       preferred replica, records size, records]]
 */

const header = { correlationId: 1, clientId: 'bench' }

export function batch(records: number, recordBytes: number): Buffer {
  const timestamp = Date.now()
  const value = Buffer.alloc(recordBytes, 'ottla and kafka, ')
  return encodeBatch({
    records: Array.from({ length: records }, () => ({ key: null, value, headers: [], timestamp })),
  })
}

export function produceFrame(topic: string, partition: number, records: Buffer): Buffer {
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
  const request = { transactionalId: null, acks: 1, timeoutMs: 10_000, topicData }
  return Buffer.concat(encodeRequest(ProduceRequest, { ...header, version: 8 }, request))
}

export function produceErrorAt(topic: string): number {
  return 4 + 4 + 4 + (2 + topic.length) + 4 + 4
}

export function fetchFrame(topic: string, partition: number, partitionMaxBytes: number): Buffer {
  const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes }]
  const request = {
    maxWaitMs: 100,
    minBytes: 1,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  }
  return Buffer.concat(encodeRequest(FetchRequest, { ...header, version: 11 }, request))
}

/** Where a fetch frame keeps the offset: before log start offset, limit, no topics and no rack. */
export function fetchOffsetAt(frame: Buffer): number {
  return frame.length - 2 - 4 - 4 - 8 - 8
}

export function fetchErrorAt(topic: string): number {
  return 4 + 4 + 4 + 2 + 4 + 4 + (2 + topic.length) + 4 + 4
}

export function fetchRecordsSizeAt(topic: string): number {
  return fetchErrorAt(topic) + 2 + 8 + 8 + 8 + 4 + 4
}
