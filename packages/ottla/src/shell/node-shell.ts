/* oxlint-disable eslint/no-restricted-globals -- the outermost shell: here commands meet the process */
import { once } from 'node:events'
import type { Shell } from './shell.ts'

/** The real process. */
export function nodeShell(): Shell {
  const stop = new AbortController()
  watchSignals(stop)
  watchOutput(stop)
  watchParent()
  return {
    args: process.argv.slice(2),
    env: process.env,
    isInteractive: process.stdin.isTTY,
    async write(text) {
      if (stop.signal.aborted && !process.stdout.writable) return
      if (!process.stdout.write(text)) {
        await once(process.stdout, 'drain', { signal: stop.signal }).catch(() => {})
      }
    },
    tell(line) {
      process.stderr.write(`${line}\n`)
    },
    lines: () => linesOf(process.stdin, stop.signal),
    uptimeMs: () => performance.now(),
    stop: stop.signal,
    get exitCode() {
      return Number(process.exitCode ?? 0)
    },
    set exitCode(code) {
      process.exitCode = code
    },
    exit: (code) => process.exit(code),
  }
}

const signalNumbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

function watchSignals(stop: AbortController): void {
  for (const [signal, number] of Object.entries(signalNumbers)) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(128 + number)
      stop.abort(new Error(`stopped by ${signal}`))
    })
  }
}

/** `ottla consume … | head`: once the reader has gone there is nothing left to do. */
function watchOutput(stop: AbortController): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop.abort(error)
  })
}

/** Where another Node stands in for this process (see bin/ottla.js), its sudden end is this one's too. */
function watchParent(): void {
  if (process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** As bytes: a line need not be text. */
async function* linesOf(input: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  const end = (): void => void input.destroy()
  signal.addEventListener('abort', end, { once: true })
  try {
    for await (const data of input) {
      const chunk = data as Buffer
      let start = 0
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
        const line = chunk.subarray(start, at)
        yield withoutReturn(rest.length === 0 ? line : Buffer.concat([...rest, line]))
        rest = []
        start = at + 1
      }
      if (start < chunk.length) rest.push(chunk.subarray(start))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (rest.length > 0) yield withoutReturn(Buffer.concat(rest))
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
}
