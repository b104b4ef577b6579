import { runIn } from '../src/cli.ts'
import { type RunningBroker, startBroker } from '../src/start-broker.ts'
import { type Ended, temporaryDirectory } from './cli-process.ts'

/** Quicker than a process of its own for each command: see cli-process.ts for those. */
export interface CommandLine {
  readonly broker: RunningBroker
  /** Runs `ottla` with these arguments on the broker. */
  run(args: string | readonly string[], options?: RunOptions): Promise<Ended>
  close(): Promise<void>
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stop?: AbortSignal
}

/** A broker in this process, and commands that ask it. */
export async function commandLine(
  settings: Readonly<Record<string, string | number>> = {},
): Promise<CommandLine> {
  const directory = temporaryDirectory()
  const broker = await startBroker({
    dataDirectory: directory.path,
    settings: { 'group.initial.rebalance.delay.ms': 0, ...settings },
  })
  return {
    broker,
    run: (args, options) =>
      runHere(
        [
          ...(typeof args === 'string' ? args.split(' ') : args),
          '--bootstrap-server',
          broker.bootstrapServers,
        ],
        options,
      ),
    async close() {
      await broker.close()
      directory[Symbol.dispose]()
    },
  }
}

/** Runs `ottla` in this process. Words of a string are arguments. */
export async function runHere(
  args: string | readonly string[],
  { input = '', env = {}, stop = new AbortController().signal }: RunOptions = {},
): Promise<Ended> {
  const out: Buffer[] = []
  let error = ''
  const shell = {
    args: typeof args === 'string' ? args.split(' ') : args,
    env,
    isInteractive: false,
    write: (text: string | Buffer) => Promise.resolve(void out.push(Buffer.from(text))),
    tell: (line: string) => void (error += `${line}\n`),
    async *lines() {
      for (const line of input.split('\n').slice(0, input.endsWith('\n') ? -1 : undefined)) {
        yield await Promise.resolve(Buffer.from(line))
      }
    },
    uptimeMs: () => 0,
    stop,
    exitCode: 0,
    exit(code: number): never {
      shell.exitCode = code
      return undefined as never
    },
  }
  await runIn(shell)
  return { code: shell.exitCode, out: Buffer.concat(out).toString(), error }
}

/** The objects of an output with an object a line. */
export function objects<T>(out: string): T[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
