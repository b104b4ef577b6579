import type { AdminClient } from '../commands/with-admin.ts'
import { type ConfigResource, listConfigResources } from '@ottla/client/admin/configs'
import { UserError } from '../user-error.ts'
import { unknownName, unknownTopic } from './unknown-name.ts'

/** As a person calls them. */
const types = {
  topic: 'TOPIC',
  broker: 'BROKER',
  logger: 'BROKER_LOGGER',
  group: 'GROUP',
  'client-metrics': 'CLIENT_METRICS',
} as const

/** For the settings that all brokers have unless one has its own. */
const DEFAULT_BROKER = 'default'

/** @throws {UserError} for a kind that there is not. */
export async function resourceType(name: string): Promise<ConfigResource['type']> {
  // `topics` is what the other command is called.
  const one = name === 'client-metrics' ? name : name.replace(/s$/, '')
  const type = (types as Readonly<Record<string, ConfigResource['type']>>)[one]
  if (type !== undefined) return type
  const all = Object.keys(types).join(', ')
  throw await unknownName(
    `nothing called ${name} has settings`,
    name,
    Object.keys(types),
    `there are ${all}`,
  )
}

/** The resources that are meant; without names, all of their type. */
export async function configResources(
  client: AdminClient,
  type: ConfigResource['type'],
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly ConfigResource[]> {
  const wanted = names.length > 0 ? names : await allNames(client, type, signal)
  await check(client, type, names, signal)
  return wanted.map((name) => ({
    type,
    name: type === 'BROKER' && name === DEFAULT_BROKER ? '' : name,
  }))
}

/** As a person calls it: `topic letters`. */
export function resourceName({ type, name }: ConfigResource): string {
  const kind = Object.entries(types).find(([, of]) => of === type)?.[0] ?? type
  return `${kind} ${name === '' ? DEFAULT_BROKER : name}`
}

async function allNames(
  client: AdminClient,
  type: ConfigResource['type'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const brokers = [...client.cluster.metadata.brokers.keys()].map(String).sort()
  switch (type) {
    case 'TOPIC':
      return (await client.admin.listTopics({ signal })).map(({ name }) => name)
    case 'BROKER':
      return [DEFAULT_BROKER, ...brokers]
    case 'BROKER_LOGGER':
      return brokers
    case 'GROUP':
    case 'CLIENT_METRICS':
      return listConfigResources(client.cluster, type, { signal })
    default:
      return type satisfies never
  }
}

/** Groups and client metrics may have settings before they exist. */
async function check(
  client: AdminClient,
  type: ConfigResource['type'],
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (type === 'TOPIC' && names.length > 0) {
    const topics = await client.admin.listTopics({ signal })
    const all = new Set(topics.map(({ name }) => name))
    for (const name of names) if (!all.has(name)) throw await unknownTopic(name, all)
  }
  if (type !== 'BROKER' && type !== 'BROKER_LOGGER') return
  const all = [...client.cluster.metadata.brokers.keys()].map(String)
  for (const name of names) {
    if (all.includes(name) || (type === 'BROKER' && name === DEFAULT_BROKER)) continue
    const orDefault = type === 'BROKER' ? `; \`${DEFAULT_BROKER}\` is for all of them` : ''
    throw new UserError(`there is no broker ${name}; there are ${all.join(', ')}${orDefault}`)
  }
}
