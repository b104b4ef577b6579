import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { durationBoundsMs, sizeBounds } from '../../src/metrics/histogram.ts'
import { type Metric, metricTable } from '../../src/metrics/metric-table.ts'
import { OTHERS } from '../../src/metrics/shown.ts'

const path = new URL('../../../../docs/metrics.md', import.meta.url)

const sections: readonly (readonly [title: string, names: RegExp])[] = [
  ['Requests', /^(kafka|ottla)_network_(requestmetrics|unreadable)/],
  ['Topics', /_brokertopicmetrics_/],
  ['Logs, directories, compaction', /^(kafka|ottla)_log_/],
  ['Replicas', /_replicamanager_/],
  ['Cluster and metadata', /_(kafkacontroller|raft_metrics|metadata_metrics|snapshotemitter)_/],
  ['Groups', /_(groupmetadatamanager|consumergroup)_/],
  ['Connections and waiting', /./],
  ['Process', /^(process|nodejs)_/],
]

function metricsDocument(): string {
  const groups = new Map<string, Metric[]>(sections.map(([title]) => [title, []]))
  for (const metric of metricTable.values()) {
    const process = sections.at(-1)!
    const section = process[1].test(metric.name)
      ? process
      : sections.find(([, names]) => names.test(metric.name))!
    groups.get(section[0])!.push(metric)
  }
  return [introduction, ...[...groups].map(([title, metrics]) => table(title, metrics))].join('\n')
}

const introduction = `# Metrics

<!-- Written from the table in packages/broker/src/metrics/metric-table.ts; a test holds it to it. -->

What \`/metrics\` shows, in Prometheus' text format; [operations.md](operations.md) says how to switch it on,
and what to watch.

- A metric that Apache Kafka has carries Kafka's name, in the form that the usual rules of Prometheus' JMX
  exporter give it: \`kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec\` is
  \`kafka_server_brokertopicmetrics_messagesin_total\`. Groups have the names of kafka_exporter, the process
  those of Prometheus' client libraries. What nobody else has begins with \`ottla_\`.
- Times are histograms, where Kafka shows quantiles: \`histogram_quantile(0.99, …_bucket)\`. They are in
  milliseconds where Kafka's name says \`ms\`. Their buckets end at ${durationBoundsMs.join(', ')}
  milliseconds, those of sizes at ${sizeBounds.join(', ')} bytes.
- There is no series without labels that repeats the sum of those with: \`sum()\` is the broker's total.
- Topics, partitions, groups and partitions of groups are shown by name up to \`ottla.metrics.series.max\` of
  each; the rest is added up as \`topic="${OTHERS}"\` or \`consumergroup="${OTHERS}"\` where a sum
  means something. Of topics the busiest get the places, and keep them: no counter ever goes back. What a
  topic had in the sum before it got a place stays there.
- Counters begin with the broker. A metric that has nothing to say (no group, no request of that kind) is not
  there.
- Reading is cheap and in slices; whoever asks while another scrape is under way gets that one.
`

function table(title: string, metrics: readonly Metric[]): string {
  const rows = metrics.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help.replaceAll('|', '\\|')} |`,
  )
  const head = ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |']
  return [`## ${title}`, '', ...head, ...rows, ''].join('\n')
}

// OTTLA_REWRITE=1 writes the document anew; the review then reads the difference.
if (process.env['OTTLA_REWRITE'] === '1') writeFileSync(path, metricsDocument())

test('docs/metrics.md says what the table says', () => {
  assert.equal(readFileSync(path, 'utf8'), metricsDocument())
})

test('every metric has a name, labels and a meaning that Prometheus accepts', () => {
  for (const { name, type, labels, help } of metricTable.values()) {
    assert.match(name, /^[a-z_][a-z0-9_]*$/)
    assert.match(help, /^.{8,}\.$/, name)
    assert.match(type, /^(counter|gauge|histogram|summary)$/, name)
    for (const label of labels) assert.match(label, /^[a-zA-Z_]\w*$/, name)
    assert.equal(type === 'counter', name.endsWith('_total'), name)
  }
})
