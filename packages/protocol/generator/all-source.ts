import { generatedHeader } from './header.ts'
import type { MessageJson } from './schema.ts'

/** The table of all codecs: for tools and tests, as importing it loads them all. */
export function allSource(
  folders: Readonly<Record<string, readonly string[]>>,
  read: (folder: string, stem: string) => Readonly<Record<string, MessageJson>>,
): string {
  const imports: string[] = []
  const names: string[] = []
  for (const [folder, stems] of Object.entries(folders)) {
    for (const stem of stems) {
      const own = Object.values(read(folder, stem)).map(({ name }) => name)
      imports.push(`import { ${own.join(', ')} } from './${folder}/${stem}.ts'`)
      names.push(...own)
    }
  }
  const lines = [
    generatedHeader,
    "import type { MessageCodec } from '../message.ts'",
    ...imports,
    '',
    '/** Every codec there is. Importing this loads them all: tools and tests may, a broker should not. */',
    'export const allCodecs: readonly MessageCodec<object>[] = [',
    ...names.map((name) => `  ${name},`),
    ']',
    '',
  ]
  return lines.join('\n')
}
