import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import type { EventLoopDelay, GarbageCollections, Health, HealthReading } from '../health.ts'

const MS_PER_NS = 1e-6
const MS_PER_US = 1e-3

/** Where Node cannot sample each turn, it does by a timer; one that wakes an idle process rarely. */
const TIMER_RESOLUTION_MS = 1000

const kinds = [
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
] as const

/** This very process. */
export class NodeHealth implements Health {
  #delays: ReturnType<typeof monitorEventLoopDelay> | null = null
  #observer: PerformanceObserver | null = null
  #utilization = performance.eventLoopUtilization()
  /** Node raises what it may to what it must not exceed as it starts; then it stays. */
  readonly #openFilesMax = openFilesMax()
  readonly #collections = new Map<number, { count: number; totalMs: number }>()

  start(): void {
    if (this.#delays !== null) return
    // Sampling each turn (Node 26) needs no timer: an idle process stays asleep.
    const options = { samplePerIteration: true, resolution: TIMER_RESOLUTION_MS }
    this.#delays = monitorEventLoopDelay(options)
    this.#delays.enable()
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { detail } = entry as unknown as { readonly detail: { readonly kind: number } }
        this.#note(detail.kind, entry.duration)
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#delays?.disable()
    this.#observer?.disconnect()
    this.#delays = null
    this.#observer = null
  }

  read(): HealthReading {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return {
      startedMs: performance.timeOrigin,
      cpuUserMs: user * MS_PER_US,
      cpuSystemMs: system * MS_PER_US,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
      openFiles: openFiles(),
      openFilesMax: this.#openFilesMax,
      eventLoop: this.#readDelays(),
      collections: kinds.map(([number, kind]): GarbageCollections => {
        const { count, totalMs } = this.#collections.get(number) ?? { count: 0, totalMs: 0 }
        return { kind, count, totalMs }
      }),
    }
  }

  #note(kind: number, durationMs: number): void {
    const known = this.#collections.get(kind)
    if (known === undefined) this.#collections.set(kind, { count: 1, totalMs: durationMs })
    else {
      known.count += 1
      known.totalMs += durationMs
    }
  }

  #readDelays(): EventLoopDelay {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization)
    this.#utilization = now
    const delays = this.#delays
    if (delays === null || delays.count === 0) {
      return { meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0, utilization }
    }
    const reading = {
      meanMs: delays.mean * MS_PER_NS,
      p50Ms: delays.percentile(50) * MS_PER_NS,
      p99Ms: delays.percentile(99) * MS_PER_NS,
      maxMs: delays.max * MS_PER_NS,
      utilization,
    }
    delays.reset()
    return reading
  }
}

function openFilesMax(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
    return soft === undefined ? -1 : Number(soft)
  } catch {
    return -1
  }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return -1
  }
}
