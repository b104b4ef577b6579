import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { checkTopicConfigs } from '../../src/configs/check-topic-configs.ts'
import { parseBrokerSettings } from '../../src/configs/parse-broker-settings.ts'

interface Case {
  readonly configs: Record<string, string | null>
  readonly errorCode: number
  readonly message: string | null
}

// What Apache Kafka 4.3.1 answered to CreateTopics (v7, validate only) with these settings.
const cases = readFileSync(new URL('kafka-4.3.1-topic-configs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

// Java reads NaN as a number; no range refuses it, and nothing can use it.
const stricterHere = (configs: Case['configs']): boolean => Object.values(configs).includes('NaN')

for (const { configs, errorCode, message } of cases) {
  if (stricterHere(configs)) continue
  test(`${JSON.stringify(configs)} is ${errorCode === 0 ? 'accepted' : 'refused'}`, () => {
    const parsed = parseBrokerSettings([])
    assert('settings' in parsed)
    let refusal: KafkaError | null = null
    try {
      checkTopicConfigs(Object.entries(configs), parsed.settings)
    } catch (error) {
      assert(error instanceof KafkaError)
      refusal = error
    }
    assert.equal(refusal?.message ?? null, message)
    assert.equal(refusal?.errorCode ?? 0, errorCode)
  })
}

test('a number that is none is refused', () => {
  const parsed = parseBrokerSettings([])
  assert('settings' in parsed)
  assert.throws(
    () => checkTopicConfigs([['min.cleanable.dirty.ratio', 'NaN']], parsed.settings),
    /Not a number of type DOUBLE/,
  )
})
