import {
  type ParsedBrokerSettings,
  parseBrokerSettings,
  type SettingEntry,
} from '@ottla/metadata/configs'
import { DiskError, type Disk } from '@ottla/runtime'
import { UserError } from '../user-error.ts'
import { environmentSettings } from './environment.ts'

/** Where a broker started without a word keeps its data. Kafka's own default, in /tmp, is no home. */
export const DEFAULT_DATA_DIRECTORY = './data'

/** What `ottla start` was given. */
export interface StartOptions {
  readonly config?: string
  readonly set?: readonly string[]
  readonly listen?: string
  readonly dataDir?: string
  readonly http?: string
}

/**
 * A broker's settings from defaults, file, environment and flags, each stronger than the one before.
 * @throws {UserError} that names everything that is wrong.
 */
export async function startSettings(
  options: StartOptions,
  env: Readonly<Record<string, string | undefined>>,
  disk: Disk,
): Promise<ParsedBrokerSettings> {
  const file = options.config === undefined ? [] : await fileEntries(options.config, disk)
  const environment = environmentSettings(env)
  const flags = flagEntries(options)
  const entries = [...file, ...environment.entries, ...flags]
  const given = new Set(entries.map(({ name }) => name))
  if (!given.has('log.dirs') && !given.has('log.dir')) {
    entries.unshift({ name: 'log.dirs', value: DEFAULT_DATA_DIRECTORY, where: 'by default' })
  }
  const kept = options.listen === undefined ? entries : entries.filter(isNotReplacedByListen)
  const parsed = parseBrokerSettings(kept, { clusterId: checkedClusterId(environment.clusterId) })
  if ('problems' in parsed) throw new UserError(listed(parsed.problems))
  return parsed
}

/** A wrong file can be wrong in every line. */
const PROBLEMS_SHOWN_MAX = 20

function listed(problems: readonly string[]): string {
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX)
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}

/** `--listen` is one plain listener in place of whatever a file or the environment lays out. */
function isNotReplacedByListen({ name, where }: SettingEntry): boolean {
  const replaced = [
    'listeners',
    'advertised.listeners',
    'listener.security.protocol.map',
    'inter.broker.listener.name',
  ]
  return where === '--listen' || !replaced.includes(name)
}

async function fileEntries(path: string, disk: Disk): Promise<SettingEntry[]> {
  const { propertiesEntries } = await import('./properties-file.ts')
  try {
    return [...propertiesEntries(disk.readFile(path).toString('utf8'), path)]
  } catch (error) {
    if (error instanceof DiskError) throw new UserError(`--config: ${error.message}`)
    throw error
  }
}

function flagEntries({ set = [], listen, dataDir, http }: StartOptions): SettingEntry[] {
  const entries = set.map((text) => {
    const equals = text.indexOf('=')
    if (equals <= 0) {
      throw new UserError(`--set ${text}: give name=value, as in --set num.partitions=3`)
    }
    const name = text.slice(0, equals).trim()
    return { name, value: text.slice(equals + 1), where: '--set' }
  })
  if (listen !== undefined) {
    entries.push({ name: 'listeners', value: listenerOf(listen), where: '--listen' })
  }
  if (dataDir !== undefined) entries.push({ name: 'log.dirs', value: dataDir, where: '--data-dir' })
  if (http !== undefined) {
    entries.push({ name: 'ottla.http.listener', value: http, where: '--http' })
  }
  return entries
}

function listenerOf(address: string): string {
  if (!/^(\[[^\]]*\]|[^:[\]]*):\d+$/.test(address)) {
    throw new UserError(`--listen ${address}: give host:port, as in --listen 127.0.0.1:9092`)
  }
  return `PLAINTEXT://${address}`
}

function checkedClusterId(clusterId: string | undefined): string | undefined {
  if (clusterId === undefined || /^[A-Za-z0-9_-]{22}$/.test(clusterId)) return clusterId
  throw new UserError(
    `CLUSTER_ID = ${JSON.stringify(clusterId)}: not a cluster id; ` +
      'valid: 22 characters of A-Z a-z 0-9 _ -, as in 5L6g3nShT-eMCtK--X86sw',
  )
}
