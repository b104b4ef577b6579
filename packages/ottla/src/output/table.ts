/** A column of a table: its head, and what stands in it for a row. null and '' are shown as a dash. */
export interface Column<Row> {
  readonly head: string
  readonly of: (row: Row) => string | number | null
}

/**
 * Rows as aligned plain text, a line each under a line of heads, for people and for awk: numbers stand
 * right, nothing is cut off, no cell is empty, and a pipe gets the same as a terminal.
 *
 * @returns Lines with their ends; '' when there are no rows.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => columns.map((column) => column.of(row)))
  const isNumber = columns.map(
    (_, index) =>
      cells.some((row) => typeof row[index] === 'number') &&
      cells.every((row) => typeof row[index] !== 'string'),
  )
  const texts = [
    columns.map(({ head }) => head),
    ...cells.map((row) => row.map((cell) => (cell === null || cell === '' ? '-' : String(cell)))),
  ]
  const widths = columns.map((_, index) =>
    texts.reduce((most, row) => Math.max(most, row[index]!.length), 0),
  )
  return texts.map((row) => `${alignedLine(row, widths, isNumber)}\n`).join('')
}

function alignedLine(
  row: readonly string[],
  widths: readonly number[],
  isNumber: readonly boolean[],
): string {
  const padded = row.map((text, index) =>
    isNumber[index] === true ? text.padStart(widths[index]!) : text.padEnd(widths[index]!),
  )
  return padded.join('  ').trimEnd()
}
