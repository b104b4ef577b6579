import type { BrokerSettings } from './broker-settings.ts'
import {
  isWildcardHost,
  type ListenerSettings,
  parseListeners,
  parseProtocolMap,
  type SecurityProtocol,
} from './listeners.ts'

/** What is wrong, and with which setting. */
export interface NamedProblem {
  readonly name: string
  readonly message: string
}

interface Reader {
  isSet(name: string): boolean
  string(name: string): string | null
  list(name: string): readonly string[]
}

type ListenerPart = Pick<
  BrokerSettings,
  'listeners' | 'advertisedListeners' | 'controllerListeners' | 'interBrokerListenerName'
>

interface ReadListeners extends ListenerPart {
  readonly problems: readonly NamedProblem[]
  readonly warnings: readonly string[]
}

/** All settings that say where a broker listens and what it tells clients, checked together. */
export function readListenerSettings(reader: Reader): ReadListeners {
  const problems: NamedProblem[] = []
  const warnings: string[] = []
  const blame = (name: string, messages: readonly string[]): void => {
    problems.push(...messages.map((message) => ({ name, message })))
  }
  const controllerNames = reader.list('controller.listener.names').map((name) => name.toUpperCase())
  const protocolOf = readProtocols(reader, controllerNames, blame)

  const bound = readAddresses(reader, 'listeners', protocolOf, blame)
  const isController = ({ name }: ListenerSettings): boolean => controllerNames.includes(name)
  const listeners = bound.filter((listener) => !isController(listener))
  const controllerListeners = bound.filter(isController)
  const advertised = readAddresses(reader, 'advertised.listeners', protocolOf, blame)
  const position = ({ name }: ListenerSettings): number =>
    listeners.findIndex((listener) => listener.name === name)
  const advertisedListeners = reader.isSet('advertised.listeners')
    ? advertised
        .filter((listener) => !isController(listener))
        .sort((one, other) => position(one) - position(other))
    : listeners.map(advertisedByDefault)

  if (problems.length === 0) {
    blame('listeners', listenerProblems(listeners, controllerNames))
    blame('advertised.listeners', advertisedProblems(listeners, advertisedListeners))
    const roles = reader.list('process.roles')
    if (!roles.includes('broker')) {
      blame('process.roles', ['must contain broker: Ottla has no process that is controller only'])
    }
    const voters = reader.list('controller.quorum.voters')
    if (voters.length > 1) {
      warnings.push(
        `controller.quorum.voters names ${voters.length} nodes, but this broker is a cluster of ` +
          'its own: it does not talk to the others',
      )
    }
  }
  const interBrokerListenerName = readInterBrokerName(reader, listeners, blame)
  return {
    listeners,
    advertisedListeners,
    controllerListeners,
    interBrokerListenerName,
    problems,
    warnings,
  }
}

type Blame = (name: string, messages: readonly string[]) => void

function readProtocols(
  reader: Reader,
  controllerNames: readonly string[],
  blame: Blame,
): ReadonlyMap<string, SecurityProtocol> {
  const name = 'listener.security.protocol.map'
  const messages: string[] = []
  const map = parseProtocolMap(reader.string(name) ?? '', messages)
  blame(name, messages)
  // As in Kafka, a controller's listener needs no entry to be plain.
  const implied = controllerNames.map((listener) => [listener, 'PLAINTEXT'] as const)
  return new Map([...implied, ...map])
}

function readAddresses(
  reader: Reader,
  name: 'listeners' | 'advertised.listeners',
  protocolOf: ReadonlyMap<string, SecurityProtocol>,
  blame: Blame,
): readonly ListenerSettings[] {
  const messages: string[] = []
  const listeners = parseListeners(reader.list(name), protocolOf, messages)
  blame(name, messages)
  return listeners
}

// Kafka would ask the machine for its name; localhost is what works in a container's port mapping
// and on a laptop, and a cluster of more machines names its addresses anyway.
function advertisedByDefault(listener: ListenerSettings): ListenerSettings {
  return isWildcardHost(listener.host) ? { ...listener, host: 'localhost' } : listener
}

function listenerProblems(
  listeners: readonly ListenerSettings[],
  controllerNames: readonly string[],
): string[] {
  if (listeners.length === 0) {
    return [`every listener is a controller's (${controllerNames.join(', ')}); clients need one`]
  }
  return listeners
    .filter(({ protocol }) => protocol !== 'PLAINTEXT')
    .map(
      ({ name, protocol }) =>
        `${name} asks for ${protocol}, which Ottla does not do yet; valid: PLAINTEXT`,
    )
}

function advertisedProblems(
  listeners: readonly ListenerSettings[],
  advertised: readonly ListenerSettings[],
): string[] {
  const problems: string[] = []
  const names = listeners.map(({ name }) => name)
  for (const { name, host } of advertised) {
    if (!names.includes(name)) {
      problems.push(`${name} is not among listeners; valid: ${names.join(', ')}`)
    } else if (isWildcardHost(host)) {
      problems.push(`${name} needs a host that clients can reach, not '${host}'`)
    }
  }
  for (const name of names) {
    if (!advertised.some((listener) => listener.name === name)) {
      problems.push(`listeners has ${name}, so it needs an address here as well`)
    }
  }
  return problems
}

function readInterBrokerName(
  reader: Reader,
  listeners: readonly ListenerSettings[],
  blame: Blame,
): string {
  const wanted = reader.string('inter.broker.listener.name')?.toUpperCase()
  const protocol = reader.string('security.inter.broker.protocol')
  const names = listeners.map(({ name }) => name)
  if (wanted === undefined) {
    const first = listeners.find((listener) => listener.protocol === protocol) ?? listeners[0]
    return first?.name ?? ''
  }
  if (names.length > 0 && !names.includes(wanted)) {
    blame('inter.broker.listener.name', [
      `${wanted} is not among listeners; valid: ${names.join(', ')}`,
    ])
  }
  return wanted
}
