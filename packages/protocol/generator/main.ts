import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generate } from './generate.ts'

/** Writes src/generated anew from schemas/. */
const target = join(import.meta.dirname, '../src/generated')
rmSync(target, { recursive: true, force: true })
const files = generate()
for (const [path, source] of files) {
  mkdirSync(dirname(join(target, path)), { recursive: true })
  writeFileSync(join(target, path), source)
}
console.log(`${files.size} files in ${target}`)
