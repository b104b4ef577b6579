import type { MetricFamilies } from './metric-families.ts'
import { OTHERS } from './shown.ts'
import type { Slices } from './slices.ts'
import { trafficFields, type TopicTraffics } from './topic-traffic.ts'

/** Records and bytes in and out, by topic. */
export async function collectTraffic(
  traffic: TopicTraffics,
  topicsMax: number,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  const { shown, rest } = await traffic.show(topicsMax, slices)
  for (const { topic, values } of shown) {
    const labels = { topic }
    for (const [at, name] of trafficFields.entries()) into.add(name, values[at]!, labels)
    if (slices.isOver) await slices.nextTurn()
  }
  if (!rest.some((value) => value > 0)) return
  for (const [at, name] of trafficFields.entries()) into.add(name, rest[at]!, { topic: OTHERS })
}
