/**
 * Holds the packages to their order: a package imports only packages on lower lines.
 *
 *   node tools/check-imports.ts
 *
 * Reads every import of `@ottla/…` in packages' sources and tests, and the dependencies in their
 * package.json. A relative import never leaves its package.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

/** Lowest first; a package may import what its row names, and what those may import. */
const order: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  protocol: ['runtime'],
  records: ['protocol'],
  transport: ['protocol'],
  storage: ['records'],
  'state-machine': ['runtime'],
  metadata: ['storage', 'state-machine'],
  coordinators: ['metadata'],
  broker: ['coordinators', 'transport'],
  client: ['records', 'transport'],
  ottla: ['broker', 'client'],
}

const root = resolve(import.meta.dirname, '..')
const packageName = (folder: string): string => (folder === 'ottla' ? 'ottla' : `@ottla/${folder}`)

function reachable(folder: string, seen = new Set<string>()): Set<string> {
  for (const below of order[folder] ?? []) {
    seen.add(below)
    reachable(below, seen)
  }
  return seen
}

function* sources(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist') {
      yield* sources(path)
    } else if (entry.name.endsWith('.ts')) yield path
  }
}

const problems: string[] = []
for (const folder of readdirSync(join(root, 'packages'))) {
  if (!(folder in order)) {
    problems.push(`packages/${folder}: not in the order of tools/check-imports.ts`)
    continue
  }
  const allowed = new Set([...reachable(folder)].map(packageName))
  const base = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(base, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  const declared = new Set(Object.keys(manifest.dependencies ?? {}))
  for (const name of declared) {
    if (name.startsWith('@ottla/') && !allowed.has(name)) {
      problems.push(`packages/${folder}/package.json: ${name} is not below ${packageName(folder)}`)
    }
  }
  for (const path of sources(base)) {
    const where = relative(root, path)
    const isSource = path.startsWith(join(base, 'src') + sep)
    for (const match of readFileSync(path, 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"\n]*(?:\n[^'"]*?)??['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
    )) {
      const target = match[1] ?? match[2] ?? ''
      if (target.startsWith('.')) {
        if (!resolve(path, '..', target).startsWith(base + sep) && isSource) {
          problems.push(`${where}: '${target}' leaves the package`)
        }
      } else if (target === 'ottla' || target.startsWith('@ottla/')) {
        const name = target.split('/').slice(0, 2).join('/')
        if (name === packageName(folder)) continue
        if (!allowed.has(name))
          problems.push(`${where}: ${name} is not below ${packageName(folder)}`)
        else if (!declared.has(name)) problems.push(`${where}: ${name} is missing in package.json`)
      }
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`import order holds in ${Object.keys(order).length} packages`)
