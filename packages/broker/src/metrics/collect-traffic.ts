import type { MetricFamilies } from './metric-families.ts'
import { OTHERS } from './shown.ts'
import { trafficFields, type TopicTraffics } from './topic-traffic.ts'

/** Records and bytes in and out, by topic. */
export function collectTraffic(
  traffic: TopicTraffics,
  topicsMax: number,
  into: MetricFamilies,
): void {
  const { shown, rest } = traffic.show(topicsMax)
  for (const [at, name] of trafficFields.entries()) {
    for (const { topic, values } of shown) into.add(name, values[at]!, { topic })
    if (rest.some((value) => value > 0)) into.add(name, rest[at]!, { topic: OTHERS })
  }
}
