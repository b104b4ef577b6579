import { writeFileSync } from 'node:fs'
import { chooseTargets } from '../broker/compare-brokers.ts'
import type { CompareOptions } from '../broker/compare-brokers.ts'
import type { Target } from '../broker/report.ts'
import { printTable, thisMachine } from '../broker/table.ts'
import type { Row } from '../broker/table.ts'
import { longPartition } from './long-partition.ts'
import { manyPartitions, scaleRows } from './many-partitions.ts'
import type { ScaleFigures } from './many-partitions.ts'

type Measure = (target: Target, into: ScaleFigures) => Promise<void>

/** What a broker can hold: many partitions, and a long one. One broker after the other, on all cores. */
export async function compareScale({ quick, only, filter, json }: CompareOptions): Promise<void> {
  const partitions = quick ? 2_000 : 10_000
  const measures: Record<string, Measure> = {
    [`${partitions} partitions`]: (target, into) => manyPartitions(target, partitions, quick, into),
    '100 GB in 100 segments': (target, into) => longPartition(target, 100, 1e9, into),
    '100 GB in 5000 segments': (target, into) => longPartition(target, 5_000, 20e6, into),
  }
  const rows: Row[] = []
  for (const [name, measure] of Object.entries(measures)) {
    if (!name.includes(filter)) continue
    const figures: Partial<Record<Target, ScaleFigures>> = {}
    for (const target of chooseTargets(only)) {
      try {
        await measure(target, (figures[target] = new Map()))
        console.error(`done: ${name}, ${target}`)
      } catch (error) {
        console.error(`failed: ${name}, ${target}: ${firstLine(error)}`)
        process.exitCode = 1
      }
    }
    rows.push(...scaleRows(name, figures.ottla, figures.kafka))
  }
  const machine = thisMachine()
  printTable(machine, 'one broker after the other, nothing pinned to a core', rows)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, rows }, null, 2)}\n`)
}

/** Brokers' output may follow. */
function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0]!
}
