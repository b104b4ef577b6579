import type { ClientOptions } from '@ottla/client'
import { Admin } from '@ottla/client/admin/admin'
import { Cluster } from '@ottla/client/cluster'
import { KafkaError } from '@ottla/protocol'
import { lineLogger, nodeRuntime } from '@ottla/runtime/node'
import { chosenServers, type ClusterOptions } from '../profiles/chosen-servers.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'

/** The options of a command that asks a cluster. */
export type ClientCommandOptions = ClusterOptions

/** What a command needs that neither produces nor consumes; a `Client` is one. */
export interface AdminClient {
  readonly cluster: Cluster
  readonly admin: Admin
}

/** A person waits: an unreachable broker is told soon. */
const CALL_TIMEOUT_MS = 10_000

/**
 * Runs a command with a cluster, left when the command is done. Producers and consumers, which take as
 * long to load as all the rest, are not loaded for it: see `withClient`.
 */
export function withAdmin(
  shell: Shell,
  options: ClientCommandOptions,
  command: (client: AdminClient) => Promise<void>,
): Promise<void> {
  const connect = (of: ClientOptions): AdminClient => {
    const cluster = new Cluster(of)
    return { cluster, admin: new Admin(cluster) }
  }
  return connected(shell, options, connect, command)
}

/** Connects, runs the command, and closes. @throws {UserError} when no broker can be reached. */
export async function connected<T extends AdminClient>(
  shell: Shell,
  options: ClientCommandOptions,
  connect: (options: ClientOptions) => T,
  command: (client: T) => Promise<void>,
): Promise<void> {
  const logger = lineLogger({ level: 'warn', write: (line) => shell.tell(line.trimEnd()) })
  const runtime = nodeRuntime({ logger })
  const bootstrapServers = await chosenServers(options, shell.env, runtime.disk)
  const client = connect({
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
    await client.cluster.close()
  }
}
