import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertiesEntries } from '../../src/settings/properties-file.ts'

test('a file is read as Java reads it, with the line of each entry', () => {
  const text = [
    '# comment',
    '! comment',
    'a=1',
    '  b = 2 ',
    'c:3',
    'd 4',
    '',
    'path=C:\\\\data',
    'long=one,\\',
    '     two',
    'u=\\u00e4',
    'empty=',
    'last',
  ].join('\n')
  assert.deepEqual(
    propertiesEntries(text, 'f').map(({ name, value, where }) => [name, value, where]),
    [
      ['a', '1', 'f:3'],
      ['b', '2 ', 'f:4'],
      ['c', '3', 'f:5'],
      ['d', '4', 'f:6'],
      ['path', 'C:\\data', 'f:8'],
      ['long', 'one,two', 'f:9'],
      ['u', 'ä', 'f:11'],
      ['empty', '', 'f:12'],
      ['last', '', 'f:13'],
    ],
  )
})
