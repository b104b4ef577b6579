import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}
const manifests = ['package.json', ...globSync('packages/*/package.json', { cwd: root })].map(
  (path) => JSON.parse(read(path)) as Manifest,
)

test('every package has the version of the workspace, and asks for its siblings in that version', () => {
  const [workspace, ...packages] = manifests
  for (const { name, version, dependencies = {} } of packages) {
    assert.equal(version, workspace!.version, name)
    for (const [dependency, range] of Object.entries(dependencies)) {
      if (dependency.startsWith('@ottla/')) assert.equal(range, version, `${name}: ${dependency}`)
    }
  }
})

test('dependencies are pinned', () => {
  for (const { name, dependencies = {} } of manifests) {
    for (const [dependency, range] of Object.entries(dependencies)) {
      assert.match(range, /^\d+\.\d+\.\d+/, `${name}: ${dependency}`)
    }
  }
})

test('lock files name no registry', () => {
  for (const path of globSync('**/package-lock.json', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  })) {
    assert.doesNotMatch(read(path), /"resolved": "http/, path)
  }
})

test('imports between packages go downwards', () => {
  execFileSync(process.execPath, [join(root, 'tools/check-imports.ts')], { stdio: 'pipe' })
})

test('every package says what it is, and is licensed', () => {
  for (const path of globSync('packages/*/package.json', { cwd: root })) {
    assert.ok(existsSync(join(root, dirname(path), 'README.md')), `${dirname(path)}/README.md`)
    assert.ok(existsSync(join(root, dirname(path), 'LICENSE')), `${dirname(path)}/LICENSE`)
  }
})

test('links between documents lead somewhere', () => {
  const documents = globSync(['*.md', 'docs/*.md', 'packages/*/README.md'], { cwd: root })
  for (const document of documents) {
    for (const [, target = ''] of read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      assert.ok(existsSync(join(root, dirname(document), target)), `${document}: ${target}`)
    }
  }
})
