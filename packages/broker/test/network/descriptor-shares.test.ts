import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareDescriptors } from '../../src/network/descriptor-shares.ts'

test('connections get at least half of a process’ descriptors, and all that logs never need', () => {
  assert.deepEqual(shareDescriptors(1_048_576), {
    connectionsMax: 1_048_576 - 4_100,
    openFilesMax: 4_000,
  })
  assert.deepEqual(shareDescriptors(1_024), { connectionsMax: 512, openFilesMax: 412 })
  assert.deepEqual(shareDescriptors(100), { connectionsMax: 50, openFilesMax: 25 })
})

test('where the system does not tell, nothing is held back', () => {
  assert.deepEqual(shareDescriptors(-1), { connectionsMax: Infinity, openFilesMax: 4_000 })
})
