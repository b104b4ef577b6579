import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generate } from './generate.ts'

/** Brings the generated files into line with schemas/; those that are right already stay untouched. */
const root = join(import.meta.dirname, '../../..')
const files = generate()
let written = 0
for (const [path, content] of files) {
  const target = join(root, path)
  if (existsSync(target) && readFileSync(target, 'utf8') === content) continue
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, content)
  written++
}

const generated = 'packages/protocol/src/generated'
for (const file of readdirSync(join(root, generated), { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.ts') && !files.has(`${generated}/${file}`))
    rmSync(join(root, generated, file))
}
console.log(`${files.size} files, ${written} of them written anew`)
