import type { Clock, Logger, Network, Random } from '@ottla/runtime'

/** What a client needs of the world; `nodeRuntime()` and a simulated one both have it. */
export interface ClientRuntime {
  readonly clock: Clock
  readonly network: Network
  readonly random: Random
  readonly logger: Logger
}

export interface ClientOptions {
  readonly runtime: ClientRuntime
  /** `host:port`, several separated by commas or as a list: any broker of the cluster will do. */
  readonly bootstrapServers: string | readonly string[]
  /** Names this client in the brokers' logs and quotas. Default: ottla. */
  readonly clientId?: string
  /** How long one answer may take. Default 30 s. */
  readonly requestTimeoutMs?: number
  /** How long connecting to a broker may take. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** How long a call may take with all its retries. Default 60 s. */
  readonly callTimeoutMs?: number
  /** The first pause before a retry; it doubles with each. Default 100 ms. */
  readonly retryBackoffMs?: number
  /** The longest pause before a retry. Default 1 s. */
  readonly retryBackoffMaxMs?: number
  /** Metadata older than this is asked for again before it is used. Default 5 min. */
  readonly metadataMaxAgeMs?: number
}

/** Options with their defaults. */
export type ResolvedClientOptions = Required<ClientOptions>

export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  return {
    clientId: 'ottla',
    requestTimeoutMs: 30_000,
    connectTimeoutMs: 10_000,
    callTimeoutMs: 60_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    metadataMaxAgeMs: 300_000,
    ...options,
  }
}
