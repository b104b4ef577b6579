import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('docs/limits.md')

/** Ranges of number formats and of compressed formats: they limit nothing that anybody sends. */
const notLimits = new Set(['INT32_MAX', 'LONG_MAX', 'HASH_BITS_MAX', 'DISTANCE_MAX', 'BELOW_MAX'])

interface Row {
  readonly name: string
  readonly value: string
  readonly path: string
}

/** Rows of the tables that say where a limit stands. */
function rows(): Row[] {
  const pattern = /^\| `(?<name>\w+)` \| (?<value>-?\d+) \| (?<path>packages\/\S+) \|/gm
  return [...page.matchAll(pattern)].map(({ groups }) => groups as unknown as Row)
}

/** `name = 1_000 * 2` or `name: 1_000,` or `options.name ?? 1_000`, as a number. */
function valueIn(source: string, name: string): number | undefined {
  const found = new RegExp(`\\b${name}(?:: number)?(?: =|:| \\?\\?) (\\d[\\da-fx_ *]*)`).exec(
    source,
  )
  return found?.[1]
    ?.split('*')
    .map((factor) => Number(factor.replaceAll('_', '')))
    .reduce((product, factor) => product * factor, 1)
}

test('every limit of docs/limits.md has its value where the page says that it stands', () => {
  assert.ok(rows().length > 30)
  for (const { name, value, path } of rows()) {
    assert.equal(valueIn(read(path), name), Number(value), `${name} in ${path}`)
  }
})

test('every constant of the code that is named as a limit is in docs/limits.md', () => {
  const known = new Set(rows().map(({ name, path }) => `${path} ${name}`))
  const sources = globSync('packages/*/src/**/*.ts', {
    cwd: root,
    exclude: ['**/generated/**', '**/simulated/**'],
  })
  const missing: string[] = []
  for (const path of sources) {
    const constants = read(path).matchAll(/^(?:export )?const (\w+(?:_MAX|Max))\b[^=\n]*= \d/gm)
    for (const [, name = ''] of constants) {
      if (!notLimits.has(name) && !known.has(`${path} ${name}`)) missing.push(`${path} ${name}`)
    }
  }
  assert.deepEqual(missing, [])
})

test('the settings in docs/limits.md have the defaults that docs/configs.md says', () => {
  const settings = [...page.matchAll(/^\| `([a-z.]+)` \| (-?\d+) \|/gm)]
  assert.ok(settings.length > 10)
  const configs = read('docs/configs.md')
  for (const [, name = '', value] of settings) {
    const row = configs.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
    assert.ok(row !== undefined, name)
    assert.equal(row.split(' | ')[2], `\`${value}\``, name)
  }
})
