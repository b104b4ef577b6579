import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from '../../src/output/table.ts'

interface Row {
  readonly name: string | null
  readonly size: number | null
}
const columns = [
  { head: 'NAME', of: ({ name }: Row) => name },
  { head: 'SIZE', of: ({ size }: Row) => size },
]

test('columns are aligned, numbers to the right, and no cell is empty', () => {
  const rows = [
    { name: 'a long name', size: 7 },
    { name: '', size: 12345 },
    { name: null, size: null },
  ]
  assert.equal(
    table(rows, columns),
    'NAME          SIZE\na long name      7\n-            12345\n-                -\n',
  )
})

test('a table without rows is empty', () => {
  assert.equal(table([], columns), '')
})
