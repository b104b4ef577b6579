import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { configsDocument } from '../../src/configs/configs-document.ts'

const path = new URL('../../../../docs/configs.md', import.meta.url)

// OTTLA_REWRITE=1 writes the document anew; the review then reads the difference.
if (process.env['OTTLA_REWRITE'] === '1') writeFileSync(path, configsDocument())

test('docs/configs.md says what the tables say', () => {
  assert.equal(readFileSync(path, 'utf8'), configsDocument())
})
