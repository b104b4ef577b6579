import {
  alterConfigs,
  type ConfigChange,
  type ConfigResource,
  describeConfigs,
} from '@ottla/client/admin/configs'
import { configResources, resourceName, resourceType } from '../input/config-resources.ts'
import { nameAndValue } from '../input/name-value.ts'
import { unknownName } from '../input/unknown-name.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type AdminClient, type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface ConfigChangeOptions {
  readonly set: readonly string[]
  readonly delete: readonly string[]
  readonly append: readonly string[]
  readonly subtract: readonly string[]
}

export interface ConfigsAlterOptions
  extends ClientCommandOptions, OutputOptions, ConfigChangeOptions {
  readonly validateOnly?: boolean
}

/** `ottla configs alter TYPE NAME…`: for each all changes, or none. */
export async function configsAlter(
  shell: Shell,
  kind: string,
  names: readonly string[],
  options: ConfigsAlterOptions,
): Promise<void> {
  const type = await resourceType(kind)
  const changes = changesOf(options)
  if (changes.length === 0) {
    throw new UserError(
      'what to change? give --set name=value, --delete name, --append or --subtract',
    )
  }
  const { validateOnly = false } = options
  await withAdmin(shell, options, async (client) => {
    const resources = await configResources(client, type, names, shell.stop)
    for (const resource of resources) {
      const error = await alterConfigs(client.cluster, resource, changes, {
        signal: shell.stop,
        validateOnly,
      })
      if (error !== null) await adviseOnNames(client, resource, changes, shell.stop)
      const fields = { resource: type, of: resource.name }
      const outcome = { name: resourceName(resource), error, fields }
      await writeOutcomes(shell, options, [outcome], validateOnly ? 'validated' : 'altered')
    }
  })
}

/** @throws {UserError} for a --set without a value. */
export function changesOf(options: ConfigChangeOptions): readonly ConfigChange[] {
  const pair = (option: string, text: string): Pick<ConfigChange, 'name' | 'value'> => {
    const [name, value] = nameAndValue(option, text, 'retention.ms=60000')
    return { name, value }
  }
  return [
    ...options.set.map((text) => ({ op: 'SET' as const, ...pair('--set', text) })),
    ...options.delete.map((name) => ({ op: 'DELETE' as const, name, value: null })),
    ...options.append.map((text) => ({ op: 'APPEND' as const, ...pair('--append', text) })),
    ...options.subtract.map((text) => ({ op: 'SUBTRACT' as const, ...pair('--subtract', text) })),
  ]
}

/** A setting that the broker does not have is perhaps misspelt. @throws {UserError} if so. */
export async function adviseOnNames(
  client: AdminClient,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  signal: AbortSignal,
): Promise<void> {
  const known = await describeConfigs(client.cluster, resource, { signal }).catch(() => [])
  if (known.length === 0) return
  const names = known.map(({ name }) => name)
  for (const { name } of changes) {
    // Settings of one listener have its name before theirs.
    if (names.includes(name) || name.startsWith('listener.name.')) continue
    const otherwise = `\`ottla configs describe ${resourceName(resource)} --all\` shows all`
    throw await unknownName(
      `${resourceName(resource)} has no setting ${name}`,
      name,
      names,
      otherwise,
    )
  }
}
