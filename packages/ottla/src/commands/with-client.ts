import { Client } from '@ottla/client'
import { KafkaError } from '@ottla/protocol'
import { lineLogger, nodeRuntime } from '@ottla/runtime/node'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'

export interface ClientCommandOptions {
  readonly bootstrapServer: string
}

/** A person waits: an unreachable broker is told soon. */
const CALL_TIMEOUT_MS = 10_000

/** Runs a command with a client of the cluster, closed when the command is done. */
export async function withClient(
  shell: Shell,
  { bootstrapServer }: ClientCommandOptions,
  command: (client: Client) => Promise<void>,
): Promise<void> {
  const logger = lineLogger({ level: 'warn', write: (line) => shell.tell(line.trimEnd()) })
  const client = new Client({
    runtime: nodeRuntime({ logger }),
    bootstrapServers: bootstrapServer,
    clientId: 'ottla-cli',
    callTimeoutMs: CALL_TIMEOUT_MS,
  })
  try {
    await client.cluster.call(() => client.cluster.refresh([]), { timeoutMs: 1_000 })
    await command(client)
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'NETWORK_EXCEPTION') {
      throw new UserError(
        `cannot reach a broker at ${bootstrapServer}: ${error.message}\n` +
          'Is one running there? `ottla start` starts one; --bootstrap-server names another.',
      )
    }
    throw error
  } finally {
    await client.close()
  }
}
