import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseTargets, startGenerator } from '../broker/compare-brokers.ts'
import type { CompareOptions } from '../broker/compare-brokers.ts'
import { batch } from '../broker/frames.ts'
import { printTable, thisMachine } from '../broker/table.ts'
import type { Row } from '../broker/table.ts'
import { programOnPath } from '../../tests/interop/installed-peers.ts'
import { measureCompaction } from './compaction.ts'
import { keyedBatches, writeDataSet } from './data-set.ts'
import { measureOldData } from './old-data.ts'
import type { Figure, Figures, Session } from './session.ts'

const RECORDS_PER_BATCH = 500
const RECORD_BYTES = 100
const GIGABYTE = 1e9

/**
 * What brokers do with what is on their disks: recovery after kill -9, reads of old data, produce
 * latency while such reads or the cleaner are at work, compaction. Both find the same bytes.
 */
export async function compareStorage(options: CompareOptions): Promise<void> {
  const { quick, only, filter, json } = options
  const targets = chooseTargets(only)
  const pin = !options.unpinned && cpus().length > 1 && programOnPath('taskset') !== null
  await using cleanup = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }))
  const [generator, reader] = [startGenerator(pin), startGenerator(pin)]
  cleanup.defer(() => void generator.process.kill())
  cleanup.defer(() => void reader.process.kill())

  const measures = {
    'old data': async (session: Session) => {
      const bytes = (quick ? 1 : 10) * GIGABYTE
      const data = writeDataSet({
        folder: join(folder, 'old'),
        partitions: 4,
        bytesPerPartition: bytes / 4,
        segmentBytes: GIGABYTE,
        batches: [batch(RECORDS_PER_BATCH, RECORD_BYTES)],
        recordsPerBatch: RECORDS_PER_BATCH,
      })
      for (const target of targets) await measureOldData(target, data, session)
      rmSync(data.folder, { recursive: true })
    },
    compaction: async (session: Session) => {
      const data = writeDataSet({
        folder: join(folder, 'keyed'),
        partitions: 1,
        bytesPerPartition: (quick ? 0.3 : 2) * GIGABYTE,
        segmentBytes: 0.1 * GIGABYTE,
        batches: keyedBatches(quick ? 500 : 2_000, RECORDS_PER_BATCH, RECORD_BYTES, 100_000),
        recordsPerBatch: RECORDS_PER_BATCH,
      })
      for (const target of targets) await measureCompaction(target, data, session)
      rmSync(data.folder, { recursive: true })
    },
  }

  const figures: Figures = new Map()
  const session: Session = {
    quick,
    launcher: pin ? ['taskset', '-c', '0'] : [],
    generate: generator.perform,
    read: reader.perform,
    note: (target, name, value, kind) => {
      const figure: Figure = figures.get(name) ?? { ...kind, values: {} }
      figure.values[target] = value
      figures.set(name, figure)
    },
  }
  for (const [name, measure] of Object.entries(measures)) {
    if (!name.includes(filter)) continue
    try {
      await measure(session)
      console.error(`done: ${name}`)
    } catch (error) {
      // The others' figures took minutes.
      console.error(`failed: ${name}`, error)
      process.exitCode = 1
    }
  }
  const rows = [...figures].map(([name, { values, ...kind }]): Row => ({
    name,
    ottla: values.ottla,
    kafka: values.kafka,
    ...kind,
  }))
  const machine = thisMachine()
  const where = pin ? 'the broker on core 0, the load generators on the last one' : 'nothing pinned'
  printTable(machine, where, rows)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, rows }, null, 2)}\n`)
}
