import { Client } from '@ottla/client'
import { KafkaError } from '@ottla/protocol'
import { lineLogger, nodeRuntime } from '@ottla/runtime/node'
import { chosenServers, type ClusterOptions } from '../profiles/chosen-servers.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'

export type ClientCommandOptions = ClusterOptions

/** A person waits: an unreachable broker is told soon. */
const CALL_TIMEOUT_MS = 10_000

/** Runs a command with a client of the cluster, closed when the command is done. */
export async function withClient(
  shell: Shell,
  options: ClientCommandOptions,
  command: (client: Client) => Promise<void>,
): Promise<void> {
  const logger = lineLogger({ level: 'warn', write: (line) => shell.tell(line.trimEnd()) })
  const runtime = nodeRuntime({ logger })
  const bootstrapServers = await chosenServers(options, shell.env, runtime.disk)
  const client = new Client({
    runtime,
    bootstrapServers,
    clientId: 'ottla-cli',
    callTimeoutMs: CALL_TIMEOUT_MS,
  })
  try {
    await client.cluster.call(() => client.cluster.refresh([]), { timeoutMs: 1_000 })
    await command(client)
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'NETWORK_EXCEPTION') {
      throw new UserError(
        `cannot reach a broker at ${bootstrapServers}: ${error.message}\n` +
          'Is one running there? `ottla start` starts one; --bootstrap-server or --profile names another.',
      )
    }
    throw error
  } finally {
    await client.close()
  }
}
