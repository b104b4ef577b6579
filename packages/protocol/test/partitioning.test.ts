import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coordinatorPartition, javaHash, murmur2, partitionOfKey } from '@ottla/protocol'
import { readLines } from './golden-vectors.ts'

interface KeyLine {
  readonly key: string
  readonly murmur2: number
  readonly partition: Readonly<Record<string, number>>
}

interface IdLine {
  readonly kind: string
  readonly id?: string
  readonly key?: string
  readonly hash: number
  readonly partition: Readonly<Record<string, number>>
}

test('keys go to the partitions that Kafka’s own producer chooses', () => {
  const lines = readLines<KeyLine>('murmur2.jsonl')
  assert.ok(lines.length > 10)
  for (const { key, murmur2: hash, partition } of lines) {
    const bytes = Buffer.from(key, 'hex')
    assert.equal(murmur2(bytes), hash)
    for (const [count, expected] of Object.entries(partition)) {
      assert.equal(partitionOfKey(bytes, Number(count)), expected)
    }
  }
})

test('groups, transactions and share partitions have the coordinators that Kafka gives them', () => {
  const lines = readLines<IdLine>('primitives.jsonl')
  const chosen = lines.filter(({ kind }) => kind.toLowerCase().endsWith('coordinatorpartition'))
  assert.equal(chosen.length, 12)
  for (const { id, key, hash, partition } of chosen) {
    const text = id ?? key ?? ''
    assert.equal(javaHash(text), hash)
    for (const [count, expected] of Object.entries(partition)) {
      assert.equal(coordinatorPartition(text, Number(count)), expected)
    }
  }
})
