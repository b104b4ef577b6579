import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * Loaded into a broker (`node --import`): tells how long its event loop stood still. It measures from
 * the start; each SIGUSR2 ends a measurement with a line of JSON in the file that OTTLA_BENCH_STALLS
 * names, or begins another one. While it does not measure it costs nothing.
 */

const RESOLUTION_MS = 1
const file = process.env['OTTLA_BENCH_STALLS'] ?? '/dev/null'
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
let isMeasuring = true
delays.enable()

process.on('SIGUSR2', () => {
  isMeasuring = !isMeasuring
  if (isMeasuring) {
    delays.reset()
    delays.enable()
    return
  }
  delays.disable()
  // The histogram holds the times between two ticks of a timer: one is its resolution.
  const stallMs = (nanoseconds: number): number => nanoseconds / 1e6 - RESOLUTION_MS
  const line = { maxMs: stallMs(delays.max), p999Ms: stallMs(delays.percentile(99.9)) }
  appendFileSync(file, `${JSON.stringify(line)}\n`)
})
