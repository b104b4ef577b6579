import type { Health, HealthReading } from '../health.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A simulated process takes no time and no memory: only its age is of interest. */
export class SimulatedHealth implements Health {
  readonly #startedMs: number

  constructor(process: SimulatedProcess) {
    this.#startedMs = process.wallClockMs()
  }

  start(): void {}

  stop(): void {}

  read(): HealthReading {
    return {
      startedMs: this.#startedMs,
      cpuUserMs: 0,
      cpuSystemMs: 0,
      residentBytes: 0,
      heapUsedBytes: 0,
      heapTotalBytes: 0,
      externalBytes: 0,
      openFiles: 0,
      openFilesMax: -1,
      eventLoop: { meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0, utilization: 0 },
      collections: [],
    }
  }
}
