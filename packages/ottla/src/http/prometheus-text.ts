import { type Metric, Registry } from '@prometheus-io/client'
import type { BrokerMetrics, MetricFamily, MetricSample } from '@ottla/broker'
import type { Clock } from '@ottla/runtime'

/** The content type of `prometheusText`. */
export const prometheusContentType: string = Registry.PROMETHEUS_CONTENT_TYPE

/** How many samples are written before the event loop is free again: about a millisecond's work. */
const SAMPLES_PER_TURN_MAX = 100

/** Before the samples: what the metric means, and its type. */
const HEADER_LINES = 2

/**
 * A broker's metrics in Prometheus' text format. Written in slices: a broker of ten thousand topics goes
 * on answering its clients meanwhile.
 */
export async function prometheusText(metrics: BrokerMetrics, clock: Clock): Promise<string> {
  const registry = new Registry()
  const parts: string[] = []
  for (const family of await metrics.collect()) {
    for (let at = 0; at < family.samples.length; at += SAMPLES_PER_TURN_MAX) {
      const samples = family.samples.slice(at, at + SAMPLES_PER_TURN_MAX)
      const metric = new FamilyMetric(family, samples) as unknown as Metric
      const text = await registry.getMetricsAsString(metric)
      parts.push(at === 0 ? text : withoutHeader(text))
      await new Promise<void>((turn) => clock.defer(turn))
    }
  }
  return `${parts.join('\n')}\n`
}

function withoutHeader(text: string): string {
  let start = 0
  for (let line = 0; line < HEADER_LINES; line++) start = text.indexOf('\n', start) + 1
  return text.slice(start)
}

/** What the registry asks of a metric: a broker's numbers, as they are. */
class FamilyMetric {
  readonly #family: MetricFamily
  readonly #samples: readonly MetricSample[]

  constructor(family: MetricFamily, samples: readonly MetricSample[]) {
    this.#family = family
    this.#samples = samples
  }

  get(): Promise<object> {
    const { name, type, help } = this.#family
    const values = this.#samples.map((sample) => ({
      metricName: sample.name,
      labels: sample.labels,
      value: sample.value,
    }))
    return Promise.resolve({ name, type, help, values })
  }
}
