import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzCodecs } from '../fuzz/fuzz-codecs.ts'
import { definitions, vectorsOf } from './golden-vectors.ts'

const samples = definitions().flatMap(vectorsOf)

test('any bytes give a value or a KafkaError, and a value reads back as it was written', () => {
  const result = fuzzCodecs(samples, 1, (round) => round < 30_000)
  // Were nearly all refused, or none, the damage would be of the wrong size to find anything.
  assert.ok(result.values > 3000, `${result.values} decoded`)
  assert.ok(result.errors > 3000, `${result.errors} refused`)
})
