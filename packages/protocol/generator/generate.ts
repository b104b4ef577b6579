import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allSource } from './all-source.ts'
import { enumsSource, featuresSource, type EnumsJson, type FeaturesJson } from './enums-source.ts'
import { errorsDocument } from './errors-document.ts'
import { moduleSource } from './module.ts'
import type { MessageJson } from './schema.ts'
import { apiTable, errorTable, type ApiJson, type ErrorJson } from './tables.ts'

const schemas = join(import.meta.dirname, '../schemas')

/** Everything that is generated: paths from the root of the repository, and their contents. */
export function generate(): Map<string, string> {
  const files = new Map<string, string>()
  const put = (path: string, content: string): void => {
    files.set(`packages/protocol/src/generated/${path}`, content)
  }

  const folders = { messages: stems('messages'), records: stems('records') }
  for (const folder of ['messages', 'records'] as const) {
    for (const stem of folders[folder]) {
      put(`${folder}/${stem}.ts`, moduleSource(readMessages(folder, stem)))
    }
  }
  put('all.ts', allSource(folders, readMessages))

  const errors = readJson('errors.json') as ErrorJson[]
  put('error-table.ts', errorTable(errors))
  files.set('docs/errors.md', errorsDocument(errors))
  put('api-table.ts', apiTable((readJson('apis.json') as { apis: ApiJson[] }).apis))
  put('enums.ts', enumsSource(readJson('enums.json') as EnumsJson))
  put('features.ts', featuresSource(readJson('features.json') as FeaturesJson))
  return files
}

function stems(folder: string): string[] {
  return readdirSync(join(schemas, folder))
    .map((file) => file.replace(/\.json$/, ''))
    .toSorted()
}

function readMessages(folder: string, stem: string): Record<string, MessageJson> {
  return readJson(`${folder}/${stem}.json`) as Record<string, MessageJson>
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(schemas, path), 'utf8'))
}
