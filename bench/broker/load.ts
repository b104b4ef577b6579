/** What the load generator can be told to do; it answers each with a LoadResult. */
export type Load = ProduceLoad | FetchLoad | LatencyLoad

interface Target {
  readonly port: number
  readonly topic: string
}

/** Ready-made batches, acks=1, `window` requests on their way on each connection. */
export interface ProduceLoad extends Target {
  readonly kind: 'produce'
  /** Each with a partition of its own. */
  readonly connections: number
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly window: number
  /** The load ends with whichever comes first. */
  readonly batchesPerConnection: number
  readonly msMax: number
}

/** Reads whole partitions over and over; one request on its way on each connection. */
export interface FetchLoad extends Target {
  readonly kind: 'fetch'
  readonly connections: number
  /** As the partitions were filled. */
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly batchesPerPartition: number
  readonly batchesPerFetch: number
  /** Between an answer and the next request; default 0. */
  readonly pauseMs?: number
  readonly bytesMax: number
  readonly msMax: number
}

/** One produce request at a time. */
export interface LatencyLoad extends Target {
  readonly kind: 'latency'
  readonly recordsPerBatch: number
  readonly recordBytes: number
  readonly requests: number
  readonly msMax: number
}

export interface LoadResult {
  readonly seconds: number
  readonly requests: number
  readonly records: number
  /** Of batches, headers included; not of requests around them. */
  readonly bytes: number
  /** How much of its core the generator used, 0 to 1: near 1 it is the generator that is measured. */
  readonly generatorBusy: number
  readonly latencyUs?: { readonly p50: number; readonly p99: number; readonly p999: number }
}
