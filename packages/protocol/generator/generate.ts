import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { moduleSource } from './module.ts'
import type { MessageJson } from './schema.ts'
import { apiTable, errorTable, type ApiJson, type ErrorJson } from './tables.ts'

const schemas = join(import.meta.dirname, '../schemas')

/** Everything that is generated: paths relative to `src/generated`, and their contents. */
export function generate(): Map<string, string> {
  const files = new Map<string, string>()
  for (const folder of ['messages', 'records'] as const) {
    for (const stem of stems(folder)) {
      const schema = readJson(`${folder}/${stem}.json`) as Record<string, MessageJson>
      files.set(`${folder}/${stem}.ts`, moduleSource(schema))
    }
  }
  files.set('error-table.ts', errorTable(readJson('errors.json') as ErrorJson[]))
  files.set('api-table.ts', apiTable((readJson('apis.json') as { apis: ApiJson[] }).apis))
  return files
}

function stems(folder: string): string[] {
  return readdirSync(join(schemas, folder))
    .map((file) => file.replace(/\.json$/, ''))
    .toSorted()
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(schemas, path), 'utf8'))
}
