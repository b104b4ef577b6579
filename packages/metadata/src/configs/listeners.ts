export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

/** An address that a broker binds, or that it tells clients to use. */
export interface ListenerSettings {
  /** In upper case, as Kafka keeps it: PLAINTEXT, INTERNAL, … */
  readonly name: string
  readonly protocol: SecurityProtocol
  /** Empty: every address of the machine (never so in an advertised listener). */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
}

const protocols: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** `INTERNAL:PLAINTEXT,CLIENTS:SSL`, read; an entry that cannot be is a message in `problems`. */
export function parseProtocolMap(
  text: string,
  problems: string[],
): ReadonlyMap<string, SecurityProtocol> {
  const map = new Map<string, SecurityProtocol>()
  for (const entry of text.split(/\s*,\s*/)) {
    if (entry === '') continue
    const [name = '', wanted = ''] = entry.trim().split(/\s*:\s*/)
    const protocol = protocols.find((known) => known === wanted.toUpperCase())
    if (name === '' || protocol === undefined) {
      problems.push(`'${entry}' is not NAME:PROTOCOL with one of ${protocols.join(', ')}`)
    } else {
      map.set(name.toUpperCase(), protocol)
    }
  }
  return map
}

/**
 * Reads `NAME://host:port` entries as Kafka does; what is wrong with one is a message in `problems`.
 * Names must differ, and so must ports other than 0, unless the hosts differ.
 */
export function parseListeners(
  entries: readonly string[],
  protocolOf: ReadonlyMap<string, SecurityProtocol>,
  problems: string[],
): readonly ListenerSettings[] {
  const listeners: ListenerSettings[] = []
  for (const entry of entries) {
    const match = /^(.*):\/\/(?:\[([0-9a-zA-Z\-%._:]*)\]|([0-9a-zA-Z\-%._]*)):(\d+)$/.exec(entry)
    const name = match?.[1]?.toUpperCase() ?? ''
    const port = Number(match?.[4])
    const protocol = protocolOf.get(name)
    if (match === null || name === '') {
      problems.push(`'${entry}' is not in the form NAME://host:port`)
    } else if (port > 65_535) {
      problems.push(`the port in '${entry}' must be 0 to 65535`)
    } else if (protocol === undefined) {
      problems.push(
        `'${name}' has no security protocol: name it in listener.security.protocol.map, ` +
          `as ${name}:PLAINTEXT`,
      )
    } else {
      listeners.push({ name, protocol, host: match[2] ?? match[3] ?? '', port })
    }
  }
  problems.push(...clashes(listeners))
  return listeners
}

function clashes(listeners: readonly ListenerSettings[]): string[] {
  const found: string[] = []
  for (const [index, listener] of listeners.entries()) {
    const others = listeners.slice(0, index)
    if (others.some((other) => other.name === listener.name)) {
      found.push(`the name ${listener.name} is used twice; each listener needs its own`)
    }
    const samePort = (other: ListenerSettings): boolean =>
      listener.port !== 0 && other.port === listener.port && other.host === listener.host
    if (others.some(samePort)) {
      found.push(`port ${listener.port} is used twice; each listener needs its own`)
    }
  }
  return found
}

/** Hosts that mean "all addresses" and so cannot be told to a client. */
export function isWildcardHost(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}
