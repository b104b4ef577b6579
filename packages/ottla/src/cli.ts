import { nodeShell } from './shell/node-shell.ts'
import type { Shell } from './shell/shell.ts'
import { version } from './version.ts'

/** Runs the command line: bin/ottla.js calls it, once. */
export function run(): Promise<void> {
  return runIn(nodeShell())
}

/** Runs the command line of a shell to its end; what goes wrong is told there. */
export async function runIn(shell: Shell): Promise<void> {
  const [first] = shell.args
  if (first === '--version' || first === '-V') {
    await shell.write(`${version}\n`)
    return
  }
  try {
    const { parseCommandLine } = await import('./command-line.ts')
    await parseCommandLine(shell)
  } catch (error) {
    await report(shell, error)
  }
}

async function report(shell: Shell, error: unknown): Promise<void> {
  // Told to stop, or nobody reads the output any more: nothing has gone wrong that a person need know.
  if (shell.stop.aborted && error === shell.stop.reason) return shell.exit(1)
  const { explainError } = await import('./explain-error.ts')
  const message = explainError(error)
  if (message === null) {
    const { inspect } = await import('node:util')
    shell.tell(`ottla: this should not have happened: ${inspect(error)}`)
  } else {
    for (const line of message.split('\n')) shell.tell(`ottla: ${line}`)
  }
  shell.exit(1)
}
