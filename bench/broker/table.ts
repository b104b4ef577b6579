import { cpus } from 'node:os'

/** One figure of both brokers. */
export interface Row {
  readonly name: string
  readonly ottla: number | undefined
  readonly kafka: number | undefined
  readonly digits: number
  readonly better: 'more' | 'less'
  readonly note?: string
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
}

export function thisMachine(): Machine {
  return { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.version }
}

/** Prints a row per figure: Ottla's, Kafka's, and how many times Kafka's Ottla's is. */
export function printTable(
  { cpu, cores, node }: Machine,
  about: string,
  rows: readonly Row[],
): void {
  const name = Math.max(...rows.map((row) => row.name.length))
  console.log(`\n${cpu}, ${cores} cores, Node ${node}\n${about}\n`)
  const line = (cells: readonly string[]): string =>
    `${cells[0]!.padEnd(name)}  ${cells
      .slice(1, 4)
      .map((cell) => cell.padStart(9))
      .join('  ')}  ${cells[4] ?? ''}`
  console.log(line(['', 'Ottla', 'Kafka', 'ratio', '']).trimEnd())
  for (const row of rows) {
    const ottla = known(row.ottla)
    const kafka = known(row.kafka)
    const ratio = ottla === undefined || kafka === undefined ? '' : `${(ottla / kafka).toFixed(2)}×`
    const shown = [ottla, kafka].map((value) => value?.toFixed(row.digits) ?? '–')
    console.log(line([row.name, ...shown, ratio, `${row.better} is better${row.note ?? ''}`]))
  }
}

function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value
}
