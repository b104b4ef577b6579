import { type Metric, Registry } from '@prometheus-io/client'
import type { BrokerMetrics, MetricFamily } from '@ottla/broker'
import type { Clock } from '@ottla/runtime'

/** The content type of `prometheusText`. */
export const prometheusContentType: string = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * A broker's metrics in Prometheus' text format. One metric at a time, with the event loop free between
 * them: a broker of ten thousand topics goes on answering its clients meanwhile.
 */
export async function prometheusText(metrics: BrokerMetrics, clock: Clock): Promise<string> {
  const registry = new Registry()
  const parts: string[] = []
  for (const family of await metrics.collect()) {
    parts.push(await registry.getMetricsAsString(new FamilyMetric(family) as unknown as Metric))
    await new Promise<void>((turn) => clock.defer(turn))
  }
  return `${parts.join('\n\n')}\n`
}

/** What the registry asks of a metric: a broker's numbers, as they are. */
class FamilyMetric {
  readonly #family: MetricFamily

  constructor(family: MetricFamily) {
    this.#family = family
  }

  get(): Promise<object> {
    const { name, type, help, samples } = this.#family
    const values = samples.map((sample) => ({
      metricName: sample.name,
      labels: sample.labels,
      value: sample.value,
    }))
    return Promise.resolve({ name, type, help, values })
  }
}
