import { KafkaError } from '@ottla/protocol'

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Reads `host:port` entries; an IPv6 host stands in brackets.
 * @throws {KafkaError} INVALID_CONFIG, which names the entry that is none.
 */
export function parseAddresses(servers: string | readonly string[]): readonly Address[] {
  const entries = (typeof servers === 'string' ? servers.split(',') : servers)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0) {
    throw new KafkaError('INVALID_CONFIG', 'no bootstrap server given; give one as host:port')
  }
  return entries.map(parseAddress)
}

function parseAddress(entry: string): Address {
  const match = /^(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(entry)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `bootstrap server '${entry}' is not host:port, as in localhost:9092`,
    )
  }
  return { host, port }
}
