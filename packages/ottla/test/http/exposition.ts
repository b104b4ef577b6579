import assert from 'node:assert/strict'

/** Prometheus' text format, read as strictly as Prometheus does, and a little more. */
export class Exposition {
  readonly types: Map<string, string> = new Map()
  /** By name, then by labels as they stand in the text. */
  readonly samples: Map<string, Map<string, number>> = new Map()

  constructor(text: string) {
    assert(text.endsWith('\n'), 'the last line ends')
    let family = ''
    for (const line of text.split('\n')) {
      if (line === '') continue
      const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
      if (comment?.[1] === 'TYPE') {
        family = comment[2]!
        assert(!this.types.has(family), `${family} is there once`)
        assert.match(comment[3]!, /^(counter|gauge|histogram|summary)$/)
        this.types.set(family, comment[3]!)
      } else if (comment === null) this.#readSample(line, family)
    }
  }

  /** One sample's value; undefined when there is none with exactly these labels. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(',')
    return this.samples.get(name)?.get(wanted)
  }

  /** Of all samples of that name. */
  sum(name: string): number {
    let sum = 0
    for (const value of this.samples.get(name)?.values() ?? []) sum += value
    return sum
  }

  get sampleCount(): number {
    let count = 0
    for (const samples of this.samples.values()) count += samples.size
    return count
  }

  #readSample(line: string, family: string): void {
    const match =
      /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/.exec(line)
    assert(match !== null, `a sample: ${line}`)
    const [, name = '', labels = '', text = ''] = match
    const type = this.types.get(family)
    const suffixes = { histogram: '_(bucket|sum|count)', summary: '(_sum|_count)?' }
    const suffix = suffixes[type as 'histogram' | 'summary'] ?? ''
    assert.match(name, new RegExp(`^${family}${suffix}$`), `${name} stands under its family`)
    const value = text === '+Inf' ? Infinity : Number(text)
    assert(!Number.isNaN(value), line)
    let samples = this.samples.get(name)
    if (samples === undefined) this.samples.set(name, (samples = new Map()))
    assert(!samples.has(labels), `once: ${line}`)
    samples.set(labels, value)
  }
}

/** Asserts that every histogram's buckets rise, and end at its count. */
export function checkHistograms({ types, samples }: Exposition): void {
  for (const [family, type] of types) {
    if (type !== 'histogram') continue
    const last = new Map<string, number>()
    for (const [labels, value] of samples.get(`${family}_bucket`) ?? []) {
      const rest = labels.replace(/,?le="[^"]*"/, '')
      assert(value >= (last.get(rest) ?? 0), `${family}{${labels}} falls`)
      last.set(rest, value)
    }
    for (const [labels, count] of samples.get(`${family}_count`) ?? []) {
      assert.equal(last.get(labels), count, `${family}{${labels}}`)
    }
  }
}

/** Asserts that no counter (nor a histogram's bucket) is lower than before. */
export function checkCounters(before: Exposition, after: Exposition): void {
  for (const [family, type] of before.types) {
    if (type === 'gauge') continue
    for (const name of [family, `${family}_bucket`, `${family}_sum`, `${family}_count`]) {
      for (const [labels, value] of before.samples.get(name) ?? []) {
        const now = after.samples.get(name)?.get(labels)
        assert(now !== undefined && now >= value, `${name}{${labels}}: ${value}, then ${now}`)
      }
    }
  }
}
