import { Client } from '@ottla/client'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, connected } from './with-admin.ts'

/** Runs a command with a client of the cluster, closed when the command is done. */
export function withClient(
  shell: Shell,
  options: ClientCommandOptions,
  command: (client: Client) => Promise<void>,
): Promise<void> {
  return connected(shell, options, (of) => new Client(of), command)
}
