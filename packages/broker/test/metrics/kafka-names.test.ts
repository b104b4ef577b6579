import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricTable } from '../../src/metrics/metric-table.ts'

/**
 * What a running Apache Kafka 4.3.1 had registered with JMX, as its own JmxTool lists it after a little
 * traffic: `domain:type=T,name=N`, or `attribute=A` where one bean has many, then the other labels.
 */
const beans = readFileSync(new URL('kafka-4.3.1-mbeans.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

/** As the JMX exporter's usual rules name it. */
function exportedName(bean: string): string {
  const [, domain = '', type = '', name = ''] =
    /^([\w.]+):type=([^,]+),(?:name|attribute)=(\S+)/.exec(bean) ?? []
  return `${domain}_${type}_${name}`
    .replace(/PerSec$/, '_total')
    .replaceAll(/[.-]/g, '_')
    .toLowerCase()
}

test("every metric that has Kafka's name is one that Kafka has", () => {
  const known = new Set(beans.map(exportedName))
  for (const name of metricTable.keys()) {
    // The names of kafka_exporter: Kafka's broker does not show what a group has read.
    if (name.startsWith('kafka_consumergroup_')) continue
    if (name.startsWith('kafka_')) assert(known.has(name), `${name} is none of Kafka's`)
  }
})

test("labels are Kafka's too, but for the sums that nobody asks for", () => {
  for (const bean of beans) {
    const metric = metricTable.get(exportedName(bean))
    const [, ...labels] = bean.split(' ')
    if (metric === undefined || labels.length === 0) continue
    for (const label of metric.labels) assert(labels.includes(label), `${metric.name}{${label}}`)
  }
})
