import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { metricTable } from '../../packages/broker/src/index.ts'
import { type RunningBroker, startBroker } from '../../packages/ottla/src/index.ts'
import { Exposition } from '../../packages/ottla/test/http/exposition.ts'
import { selectorsOf } from './promql.ts'

const root = resolve(import.meta.dirname, '../..')

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: {
    readonly list: readonly { readonly query: string; readonly type: string }[]
  }
}

const dashboard = JSON.parse(
  readFileSync(join(root, 'ops/grafana/ottla.json'), 'utf8'),
) as Dashboard

/** Each alert's expression, by its name. The file is written so that a line says one thing. */
const alerts = new Map(
  readFileSync(join(root, 'ops/prometheus/alerts.yaml'), 'utf8')
    .split('- alert: ')
    .slice(1)
    .map((rule) => {
      const [name = ''] = rule.split('\n')
      return [name, /^ +expr: (.*)$/m.exec(rule)?.[1] ?? ''] as const
    }),
)

/** Everything that asks Prometheus for something, and where. */
function* expressions(): Generator<readonly [where: string, expression: string]> {
  yield* alerts
  for (const { title, targets = [] } of dashboard.panels) {
    for (const { expr } of targets) yield [title, forPrometheus(expr)]
  }
  for (const { query, type } of dashboard.templating.list) {
    if (type === 'query') yield ['a variable', forPrometheus(query).replace(/, \w+\)$/, ')')]
  }
}

/** Grafana fills in its variables. */
function forPrometheus(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'x')
}

/** The labels that come from the scrape. */
const fromPrometheus = ['job', 'instance']

suite('dashboard and alerts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-operations-'))
  let broker: RunningBroker
  let seen: Exposition

  before(async () => {
    broker = await startBroker({
      dataDirectory: directory,
      settings: {
        'ottla.http.listener': '127.0.0.1:0',
        'group.initial.rebalance.delay.ms': 0,
        'offsets.topic.num.partitions': 1,
      },
    })
    await useBroker(broker)
    seen = new Exposition(await (await fetch(`${broker.httpUrl}/metrics`)).text())
  })
  after(async () => {
    await broker.close()
    rmSync(directory, { recursive: true })
  })

  test('every metric they ask for is shown by a broker that clients use', () => {
    for (const [where, expression] of expressions()) {
      for (const { metric } of selectorsOf(expression)) {
        if (metric === 'up') continue // Prometheus' own
        assert(seen.samples.has(metric), `${where}: a broker does not show ${metric}`)
      }
    }
  })

  test('every label they ask for is one of the metric', () => {
    for (const [where, expression] of expressions()) {
      for (const { metric, labels } of selectorsOf(expression)) {
        if (metric === 'up') continue
        const row = metricTable.get(metric) ?? metricTable.get(familyOf(metric))
        assert(row !== undefined, `${where}: ${metric}`)
        const known = [...row.labels, ...fromPrometheus]
        if (metric.endsWith('_bucket')) known.push('le')
        for (const label of labels) assert(known.includes(label), `${where}: ${metric}{${label}}`)
      }
    }
  })

  test('the broker shows nothing that the table does not have', () => {
    for (const [family, type] of seen.types) assert.equal(metricTable.get(family)?.type, type)
    for (const [name, samples] of seen.samples) {
      const row = metricTable.get(name) ?? metricTable.get(familyOf(name))
      assert(row !== undefined, name)
      for (const labels of samples.keys()) {
        const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)
        assert.deepEqual(
          names.filter((label) => label !== 'le'),
          row.labels,
          name,
        )
      }
    }
  })

  test('operations.md names metrics that there are', () => {
    const text = readFileSync(join(root, 'docs/operations.md'), 'utf8')
    for (const [, name = ''] of text.matchAll(/`((?:kafka|ottla|process|nodejs)_\w+)`/g)) {
      assert(metricTable.has(name), name)
    }
  })

  test('every alert has an expression, a severity and a summary', () => {
    const text = readFileSync(join(root, 'ops/prometheus/alerts.yaml'), 'utf8')
    assert(alerts.size >= 20)
    for (const [name, expression] of alerts) {
      assert.match(name, /^Ottla[A-Z]\w+$/)
      assert(selectorsOf(expression).length > 0, name)
      const rule = text.split(`- alert: ${name}\n`)[1]?.split('- alert:')[0] ?? ''
      assert.match(rule, /severity: (critical|warning)\n/, name)
      assert.match(rule, /summary: '.+'\n/, name)
    }
  })
})

suite('the reader of PromQL', () => {
  for (const wrong of [
    'sum(rate(a[5m])',
    'rate(a)',
    'sum by (le) (a[5m])',
    'foo(a)',
    'a{b}',
    'a{b="c"',
    'a > ',
    'a b',
    '',
  ]) {
    test(`refuses ${wrong === '' ? 'nothing' : wrong}`, () => {
      assert.throws(() => selectorsOf(wrong))
    })
  }

  test('finds metrics and labels wherever they stand', () => {
    const found = selectorsOf('sum by (x) (rate(a{b="c"}[5m])) / 2 > -d and (e or absent(f))')
    assert.deepEqual(found, [
      { metric: 'a', labels: ['b', 'x'] },
      { metric: 'd', labels: [] },
      { metric: 'e', labels: [] },
      { metric: 'f', labels: [] },
    ])
  })
})

function familyOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '')
}

/** A little of everything: records in and out, a group, and somebody who speaks another language. */
async function useBroker({ bootstrapServers, port }: RunningBroker): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'letters', messages: [{ value: 'Dear Milena' }] })
  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'letters', fromBeginning: true })
  const read = Promise.withResolvers<void>()
  await consumer.run({
    eachMessage: () => {
      read.resolve()
      return Promise.resolve()
    },
  })
  await read.promise
  await consumer.disconnect()
  await producer.disconnect()

  await new Promise<void>((done) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.write(Buffer.from([0, 0, 0, 8, 0x7f, 0xff, 0, 0, 0, 0, 0, 1]))
    })
    socket.on('close', () => done()).resume()
  })
}
