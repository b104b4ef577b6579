import { assert } from '@ottla/runtime'
import type { Histogram } from './histogram.ts'
import { metricTable, type MetricType } from './metric-table.ts'

export type MetricLabels = Readonly<Record<string, string | number>>

/** One line of an exposition. */
export interface MetricSample {
  /** The metric's name, or that with `_bucket`, `_sum` or `_count`. */
  readonly name: string
  readonly labels: MetricLabels
  readonly value: number
}

/** All samples of one metric. */
export interface MetricFamily {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly samples: readonly MetricSample[]
}

const noLabels: MetricLabels = {}

/** What one look at a broker gathers. */
export class MetricFamilies {
  readonly #samples = new Map<string, MetricSample[]>()

  add(name: string, value: number, labels: MetricLabels = noLabels): void {
    this.#of(name).push({ name, labels, value })
  }

  addHistogram(name: string, histogram: Histogram, labels: MetricLabels): void {
    const samples = this.#of(name)
    const counts = histogram.cumulated()
    for (const [at, count] of counts.entries()) {
      const le = histogram.bounds[at] ?? '+Inf'
      samples.push({ name: `${name}_bucket`, labels: { ...labels, le }, value: count })
    }
    samples.push({ name: `${name}_sum`, labels, value: histogram.sum })
    samples.push({ name: `${name}_count`, labels, value: counts.at(-1) ?? 0 })
  }

  addSummary(name: string, count: number, sum: number, labels: MetricLabels): void {
    const samples = this.#of(name)
    samples.push({ name: `${name}_sum`, labels, value: sum })
    samples.push({ name: `${name}_count`, labels, value: count })
  }

  /** Those that have samples, in the table's order. */
  get all(): readonly MetricFamily[] {
    const families: MetricFamily[] = []
    for (const { name, type, help } of metricTable.values()) {
      const samples = this.#samples.get(name)
      if (samples !== undefined) families.push({ name, type, help, samples })
    }
    return families
  }

  #of(name: string): MetricSample[] {
    let samples = this.#samples.get(name)
    if (samples === undefined) {
      assert(metricTable.has(name), 'a metric is in the table')
      this.#samples.set(name, (samples = []))
    }
    return samples
  }
}
