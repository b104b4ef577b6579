import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const bin = new URL('../bin/ottla.js', import.meta.url).pathname

/** The environment of a command: without what this machine might say to a broker. */
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(KAFKA_|CLUSTER_ID$|NODE_TEST)/.test(name)),
)

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** Runs `ottla` with some arguments until it ends. */
export async function ottla(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const started = startOttla(args, options.env)
  started.child.stdin?.end(options.input ?? '')
  return started.ended
}

/** A running `ottla start`. */
export interface StartedBroker {
  /** host:port, from the line that says it is ready. */
  readonly address: string
  readonly readyLine: string
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<Ended>
  /** Waits for a second line that says it is ready: where `within` starts another broker. */
  nextAddress(): Promise<string>
  /** Ends it with a signal, SIGTERM unless said otherwise. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/**
 * Starts a broker on a free port and waits for the line that says it is ready.
 *
 * @param within A command that runs the one that follows it.
 */
export async function startCliBroker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): Promise<StartedBroker> {
  const { child, ended, output } = startOttla(['start', ...args], env, within)
  const readyLine = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const line = /^Ottla .* ready on .*$/m.exec(output.out)?.[0]
      if (line !== undefined) resolve(line)
    })
    void ended.then(({ code, error }) => reject(new Error(`ottla start ended, ${code}: ${error}`)))
  })
  return {
    readyLine,
    ended,
    address: /ready on ([^ ]+),/.exec(readyLine)?.[1] ?? '',
    async nextAddress() {
      for (;;) {
        const [, second] = [...output.out.matchAll(/^Ottla .* ready on ([^ ]+),.*$/gm)]
        if (second !== undefined) return second[1]!
        const gone = ended.then(({ error }) => Promise.reject(new Error(`it ended: ${error}`)))
        await Promise.race([once(child.stdout!, 'data'), gone])
      }
    },
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

function startOttla(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): { child: ChildProcess; ended: Promise<Ended>; output: { out: string; error: string } } {
  const [program, ...before] = [...within, process.execPath]
  const child = spawn(program, [...before, bin, ...args], {
    env: { ...cleanEnvironment, ...env },
    stdio: 'pipe',
  })
  const output = { out: '', error: '' }
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.error += data.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  return { child, ended, output }
}

/** An empty directory that is gone after the test. */
export function temporaryDirectory(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'ottla-cli-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
