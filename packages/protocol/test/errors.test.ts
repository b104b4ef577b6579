import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorName, errorNumber, errorTable, KafkaError, throwIfError } from '@ottla/protocol'

const rows = Object.entries(errorTable)

test('the table has Kafka’s codes from -1 to 133, each once', () => {
  const codes = rows.map(([, { code }]) => code)
  assert.deepEqual(
    codes,
    Array.from({ length: 135 }, (_, index) => index - 1),
  )
})

test('every error has a meaning of its own', () => {
  const meanings = rows.map(([, { meaning }]) => meaning)
  assert.equal(new Set(meanings).size, meanings.length)
  for (const meaning of meanings) assert.match(meaning, /^[A-Z].{5,}[^.]$/)
})

test('errors that ask for new metadata are retriable', () => {
  for (const [name, { invalidMetadata, retriable }] of rows) {
    assert.ok(!invalidMetadata || retriable, name)
  }
})

test('an error knows its number, whether to retry, and its meaning or message', () => {
  const error = new KafkaError('NOT_LEADER_OR_FOLLOWER')
  assert.equal(error.errorCode, 6)
  assert.equal(error.retriable, true)
  assert.equal(error.invalidMetadata, true)
  assert.equal(error.message, errorTable.NOT_LEADER_OR_FOLLOWER.meaning)
  assert.ok(error instanceof Error)

  const cause = new Error('disk')
  const caused = new KafkaError('KAFKA_STORAGE_ERROR', 'orders-0 cannot be read', { cause })
  assert.equal(caused.message, 'orders-0 cannot be read')
  assert.equal(caused.cause, cause)
})

test('names and numbers lead to each other', () => {
  for (const [name, { code }] of rows) {
    assert.equal(errorName(code), name)
    assert.equal(errorNumber(errorName(code)), code)
  }
})

test('a number from a newer Kafka is an unknown server error', () => {
  assert.equal(errorName(9999), 'UNKNOWN_SERVER_ERROR')
})

test('an answer’s code and message become an error unless the code is 0', () => {
  throwIfError(0, null)
  assert.throws(() => throwIfError(3), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  assert.throws(() => throwIfError(42, 'too many'), {
    code: 'INVALID_REQUEST',
    message: 'too many',
  })
})

test('docs/errors.md says of each error what the table says', () => {
  const path = join(import.meta.dirname, '../../../docs/errors.md')
  const documented = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\| -?\d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const expected = rows.map(([name, row]) => [
    '',
    String(row.code),
    name,
    row.retriable ? 'yes' : '',
    row.invalidMetadata ? 'yes' : '',
    row.meaning,
    '',
  ])
  assert.deepEqual(documented, expected)
})
