import { createHistogram } from 'node:perf_hooks'
import { Connection } from './answers.ts'
import {
  batch,
  fetchErrorAt,
  fetchFrame,
  fetchOffsetAt,
  fetchRecordsSizeAt,
  produceErrorAt,
  produceFrame,
} from './frames.ts'
import type { FetchLoad, LatencyLoad, Load, LoadResult, ProduceLoad } from './load.ts'

/** The process that makes the load, so that the broker's core is the broker's alone. */
process.on('message', (load: Load) => {
  perform(load).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function perform(load: Load): Promise<LoadResult> {
  switch (load.kind) {
    case 'produce':
      return await produce(load)
    case 'fetch':
      return await fetch(load)
    case 'latency':
      return await latency(load)
    default:
      return load satisfies never
  }
}

async function produce(load: ProduceLoad): Promise<LoadResult> {
  const records = batch(load.recordsPerBatch, load.recordBytes)
  const errorAt = produceErrorAt(load.topic)
  let answered = 0
  let open = load.connections
  let deadline = Infinity
  const done = Promise.withResolvers<void>()

  const connections = await Promise.all(
    Array.from({ length: load.connections }, async (_, partition) => {
      const frame = produceFrame(load.topic, partition, records)
      // Small frames leave many at a time, as a client's would.
      const perWrite = frame.length < 8192 ? load.window : 1
      const burst = Buffer.concat(Array.from({ length: perWrite }, () => frame))
      let left = load.batchesPerConnection
      let waiting = 0
      const send = (): void => {
        if (performance.now() >= deadline) left = 0
        while (waiting < load.window && left > 0) {
          const count = Math.min(load.window - waiting, perWrite, left)
          connection.socket.write(burst.subarray(0, count * frame.length))
          waiting += count
          left -= count
        }
        if (waiting === 0 && --open === 0) done.resolve()
      }
      const onAnswer = (head: Buffer): void => {
        const error = head.readInt16BE(errorAt)
        if (error !== 0) done.reject(new Error(`produce was refused with error ${error}`))
        answered++
        waiting--
      }
      const connection = await Connection.open(load.port, errorAt + 2, onAnswer, send, done.reject)
      return { connection, send }
    }),
  )
  const measure = startMeasure()
  deadline = performance.now() + load.msMax
  for (const { send } of connections) send()
  await done.promise
  const measured = measure()
  for (const { connection } of connections) close(connection)
  return {
    ...measured,
    requests: answered,
    records: answered * load.recordsPerBatch,
    bytes: answered * records.length,
  }
}

async function fetch(load: FetchLoad): Promise<LoadResult> {
  const batchBytes = batch(load.recordsPerBatch, load.recordBytes).length
  const errorAt = fetchErrorAt(load.topic)
  const sizeAt = fetchRecordsSizeAt(load.topic)
  const endOffset = load.batchesPerPartition * load.recordsPerBatch
  let requests = 0
  let batches = 0
  let deadline = Infinity
  let open = load.connections
  const done = Promise.withResolvers<void>()

  const connections = await Promise.all(
    Array.from({ length: load.connections }, async (_, partition) => {
      const frame = fetchFrame(load.topic, partition, load.batchesPerFetch * batchBytes)
      const offsetAt = fetchOffsetAt(frame)
      let offset = 0
      const send = (): void => {
        frame.writeBigInt64BE(BigInt(offset), offsetAt)
        connection.socket.write(frame)
      }
      const onAnswer = (head: Buffer): void => {
        const error = head.readInt16BE(errorAt)
        const whole = Math.floor(head.readInt32BE(sizeAt) / batchBytes)
        if (error !== 0 || whole === 0) {
          done.reject(new Error(`fetch at ${offset} brought error ${error}, ${whole} batches`))
          return
        }
        const baseOffset = Number(head.readBigInt64BE(sizeAt + 4))
        if (baseOffset !== offset)
          done.reject(new Error(`fetch at ${offset} brought ${baseOffset}`))
        requests++
        batches += whole
        offset += whole * load.recordsPerBatch
        if (offset >= endOffset) offset = 0
        if (performance.now() < deadline && batches * batchBytes < load.bytesMax) {
          if (load.pauseMs === undefined) send()
          else setTimeout(send, load.pauseMs)
        } else if (--open === 0) done.resolve()
      }
      const connection = await Connection.open(
        load.port,
        sizeAt + 4 + 8,
        onAnswer,
        () => {},
        done.reject,
      )
      return { connection, send }
    }),
  )
  const measure = startMeasure()
  deadline = performance.now() + load.msMax
  for (const { send } of connections) send()
  await done.promise
  const measured = measure()
  for (const { connection } of connections) close(connection)
  const records = batches * load.recordsPerBatch
  return { ...measured, requests, records, bytes: batches * batchBytes }
}

async function latency(load: LatencyLoad): Promise<LoadResult> {
  const records = batch(load.recordsPerBatch, load.recordBytes)
  const frame = produceFrame(load.topic, 0, records)
  const errorAt = produceErrorAt(load.topic)
  const histogram = createHistogram()
  let requests = 0
  let sentAt = 0n
  let deadline = Infinity
  const done = Promise.withResolvers<void>()
  const send = (): void => {
    sentAt = process.hrtime.bigint()
    connection.socket.write(frame)
  }
  const onAnswer = (head: Buffer): void => {
    histogram.record(process.hrtime.bigint() - sentAt)
    const error = head.readInt16BE(errorAt)
    if (error !== 0) done.reject(new Error(`produce was refused with error ${error}`))
    requests++
    if (requests < load.requests && performance.now() < deadline) send()
    else done.resolve()
  }
  const connection = await Connection.open(load.port, errorAt + 2, onAnswer, () => {}, done.reject)
  const measure = startMeasure()
  deadline = performance.now() + load.msMax
  send()
  await done.promise
  const measured = measure()
  close(connection)
  return {
    ...measured,
    requests,
    records: requests * load.recordsPerBatch,
    bytes: requests * records.length,
    latencyUs: {
      p50: histogram.percentile(50) / 1000,
      p99: histogram.percentile(99) / 1000,
      p999: histogram.percentile(99.9) / 1000,
    },
  }
}

function startMeasure(): () => { seconds: number; generatorBusy: number } {
  const from = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const seconds = (performance.now() - from) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return { seconds, generatorBusy: (user + system) / 1e6 / seconds }
  }
}

function close({ socket }: Connection): void {
  socket.removeAllListeners('close')
  socket.destroy()
}
