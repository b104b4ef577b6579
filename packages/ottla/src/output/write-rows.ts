import type { Shell } from '../shell/shell.ts'
import { type Column, table } from './table.ts'

export interface OutputOptions {
  /** An object a line, for programs. */
  readonly json?: boolean
}

/** Writes rows as a table, or, with `json`, each as an object on a line of its own. */
export async function writeRows<Row>(
  shell: Shell,
  { json = false }: OutputOptions,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<void> {
  if (json) return writeJson(shell, rows)
  await shell.write(table(rows, columns))
}

export async function writeJson(shell: Shell, rows: readonly unknown[]): Promise<void> {
  await shell.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}
