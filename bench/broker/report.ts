import type { LoadResult } from './load.ts'
import { printTable } from './table.ts'
import type { Machine, Row } from './table.ts'

export type Target = 'ottla' | 'kafka'

export interface LoadFigures {
  readonly name: string
  readonly unit: 'records' | 'bytes' | 'latency'
  readonly ottla?: { readonly result: LoadResult; readonly cpuSeconds: number }
  readonly kafka?: { readonly result: LoadResult; readonly cpuSeconds: number }
}

export interface Figures {
  readonly brokers: Partial<
    Record<Target, { startMs: number; idleMegabytes: number; loadedMegabytes: number }>
  >
  readonly loads: LoadFigures[]
  readonly machine: Machine
  /** Whether each broker had one core, and the load generator another. */
  readonly pinned: boolean
}

/** The generator's own core was busy beyond this: it, not the broker, may be the limit. */
const GENERATOR_LIMIT = 0.9

/** Prints one table: brokers first, then a few rows a load. */
export function printReport(figures: Figures): void {
  const where = figures.pinned
    ? 'each broker on core 0, the load generator on the last one'
    : 'nothing pinned to a core'
  const rows = [...brokerRows(figures), ...figures.loads.flatMap(loadRows)]
  printTable(figures.machine, `${where}; medians of the rounds`, rows)
}

function brokerRows({ brokers: { ottla, kafka } }: Figures): Row[] {
  const less = { better: 'less', digits: 0 } as const
  return [
    { name: 'start to first answer, ms', ottla: ottla?.startMs, kafka: kafka?.startMs, ...less },
    {
      name: 'memory, idle, MB',
      ottla: ottla?.idleMegabytes,
      kafka: kafka?.idleMegabytes,
      ...less,
    },
    {
      name: 'memory, after the loads, MB',
      ottla: ottla?.loadedMegabytes,
      kafka: kafka?.loadedMegabytes,
      ...less,
    },
  ]
}

function loadRows({ name, unit, ottla, kafka }: LoadFigures): Row[] {
  type Of = (one: { result: LoadResult; cpuSeconds: number }) => number
  const row = (label: string, of: Of, digits: number, better: 'more' | 'less'): Row => ({
    name: `${name}, ${label}`,
    ottla: ottla && of(ottla),
    kafka: kafka && of(kafka),
    digits,
    better,
    ...limited(ottla?.result, kafka?.result),
  })
  const perGigabyte: Of = ({ result, cpuSeconds }) => cpuSeconds / (result.bytes / 1e9)
  switch (unit) {
    case 'records':
      return [
        row('M records/s', ({ result }) => result.records / result.seconds / 1e6, 2, 'more'),
        row('CPU-s/GB', perGigabyte, 2, 'less'),
      ]
    case 'bytes':
      return [
        row('GB/s', ({ result }) => result.bytes / result.seconds / 1e9, 2, 'more'),
        row('CPU-s/GB', perGigabyte, 2, 'less'),
      ]
    case 'latency':
      return [
        row('p50 µs', ({ result }) => result.latencyUs?.p50 ?? Number.NaN, 0, 'less'),
        row('p99 µs', ({ result }) => result.latencyUs?.p99 ?? Number.NaN, 0, 'less'),
        row('CPU µs', (one) => (one.cpuSeconds / one.result.requests) * 1e6, 0, 'less'),
      ]
    default:
      return unit satisfies never
  }
}

function limited(...results: readonly (LoadResult | undefined)[]): { note?: string } {
  const busy = results.some((result) => (result?.generatorBusy ?? 0) > GENERATOR_LIMIT)
  return busy ? { note: ' (the generator’s core was full)' } : {}
}
