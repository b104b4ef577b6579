import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../../src/metrics/histogram.ts'

test('a value counts in the first bucket that is not below it, and in all above', () => {
  const histogram = new Histogram([1, 10, 100])
  for (const value of [0, 1, 1.5, 10, 99, 1000]) histogram.record(value)
  assert.deepEqual(histogram.cumulated(), [2, 4, 5, 6])
  assert.equal(histogram.sum, 1111.5)
})
