import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The longest times for which a broker's event loop stood still, in milliseconds. */
export interface Stalls {
  readonly maxMs: number
  readonly p999Ms: number
}

/** Measures the stalls of Ottla brokers that are started with its `launcher`. */
export class StallMeasurement {
  readonly #file: string
  #lines = 0

  /** @param folder Where the broker's meter writes. */
  constructor(folder: string) {
    this.#file = join(folder, 'stalls.jsonl')
  }

  /** Goes before the broker's command line. */
  get launcher(): readonly string[] {
    const meter = join(import.meta.dirname, 'stall-meter.ts')
    return ['env', `NODE_OPTIONS=--import=${meter}`, `OTTLA_BENCH_STALLS=${this.#file}`]
  }

  /** Begins a measurement; a broker that has just started is in the midst of one. */
  begin(pid: number): void {
    process.kill(pid, 'SIGUSR2')
  }

  async end(pid: number): Promise<Stalls> {
    process.kill(pid, 'SIGUSR2')
    for (;;) {
      const text = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
      const lines = text.split('\n')
      if (lines.length - 1 > this.#lines) return JSON.parse(lines[this.#lines++]!) as Stalls
      await sleep(5)
    }
  }
}
