import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { servedApis } from '../../src/index.ts'
import { countErrors } from '../../src/metrics/error-codes.ts'
import { ApiMetrics } from '../../src/metrics/request-metrics.ts'

function errorsOf(answer: unknown): Record<number, number> {
  const metrics = new ApiMetrics()
  countErrors(answer, metrics)
  return Object.fromEntries(metrics.byError)
}

test('every error code of an answer counts, wherever it stands', () => {
  const records = [Buffer.alloc(10)]
  const answer = {
    errorCode: 0,
    responses: [
      {
        topic: 'a',
        partitions: [
          { errorCode: 3, records },
          { errorCode: 0, records },
        ],
      },
      { topic: 'b', partitions: [{ errorCode: 3, records, replicas: [1, 2] }] },
    ],
  }
  assert.deepEqual(errorsOf(answer), { 0: 2, 3: 2 })
})

test('of answers about something else than partitions too', () => {
  const answer = { throttleTimeMs: 0, groups: [{ errorCode: 16, members: [{ errorCode: 25 }] }] }
  assert.deepEqual(errorsOf(answer), { 16: 1, 25: 1 })
})

test('an answer without a place for errors counts as one without any', () => {
  assert.deepEqual(errorsOf({ throttleTimeMs: 0, names: ['a'] }), { 0: 1 })
})

test('all served APIs name their error codes as they are looked for', () => {
  const schemas = new URL('../../../protocol/schemas/messages/', import.meta.url)
  for (const { name } of servedApis.values()) {
    const stem = name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase()
    const text = readFileSync(new URL(`${stem}.json`, schemas), 'utf8')
    const fields = [...text.matchAll(/"name": "(\w*ErrorCode)"/g)].map(([, field]) => field)
    // Why a new topic's settings are not told is no error of the request.
    const others = fields.filter((field) => field !== 'TopicConfigErrorCode')
    for (const field of others) assert.equal(field, 'ErrorCode', name)
  }
})
