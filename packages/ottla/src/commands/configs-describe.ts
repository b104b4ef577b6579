import { type ConfigEntry, type ConfigResource, describeConfigs } from '@ottla/client/admin/configs'
import { configResources, resourceName, resourceType } from '../input/config-resources.ts'
import { unknownName } from '../input/unknown-name.ts'
import { type Column, table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface ConfigsDescribeOptions extends ClientCommandOptions, OutputOptions {
  readonly all?: boolean
  readonly setting: readonly string[]
  readonly documentation?: boolean
}

/** `ottla configs describe TYPE NAME…`: what is set, or, with `--all`, what is in force. */
export async function configsDescribe(
  shell: Shell,
  kind: string,
  names: readonly string[],
  options: ConfigsDescribeOptions,
): Promise<void> {
  const type = await resourceType(kind)
  const { json = false, documentation = false } = options
  const signal = shell.stop
  await withAdmin(shell, options, async (client) => {
    for (const resource of await configResources(client, type, names, signal)) {
      const all = await describeConfigs(client.cluster, resource, { signal, documentation })
      const shown = await chosen(type, all, options)
      if (json) {
        await writeJson(
          shell,
          shown.map((entry) => ({ resource: type, of: resource.name, ...entry })),
        )
        continue
      }
      const rows = table(shown, documentation ? [...columns, documented] : columns)
      const none =
        options.all === true ? 'no settings' : 'nothing is set; --all shows what is in force'
      await shell.write(
        rows === ''
          ? `${resourceName(resource)}: ${none}\n`
          : `${resourceName(resource)}\n${rows}\n`,
      )
    }
  })
}

const columns: readonly Column<ConfigEntry>[] = [
  { head: 'SETTING', of: ({ name }) => name },
  { head: 'VALUE', of: ({ value, isSensitive }) => (isSensitive ? '(secret)' : value) },
  {
    head: 'FROM',
    of: ({ source }) =>
      source
        .toLowerCase()
        .replaceAll('_', '-')
        .replace(/-config$/, ''),
  },
  { head: 'TYPE', of: ({ type }) => type.toLowerCase() },
  { head: 'CHANGES', of: ({ isReadOnly }) => (isReadOnly ? 'at-start' : 'any-time') },
]

const documented: Column<ConfigEntry> = {
  head: 'MEANING',
  of: ({ documentation }) => documentation?.replaceAll(/\s+/g, ' ') ?? null,
}

async function chosen(
  type: ConfigResource['type'],
  all: readonly ConfigEntry[],
  { all: isAll = false, setting }: ConfigsDescribeOptions,
): Promise<readonly ConfigEntry[]> {
  if (setting.length === 0) {
    return isAll ? all : all.filter(({ source }) => isSet(type, source))
  }
  const names = all.map(({ name }) => name)
  for (const name of setting) {
    if (names.includes(name)) continue
    throw await unknownName(`there is no setting ${name} here`, name, names, '--all shows all')
  }
  return all.filter(({ name }) => setting.includes(name))
}

/** What somebody has set, here or, of a broker, for all brokers or in its file. */
function isSet(type: ConfigResource['type'], source: ConfigEntry['source']): boolean {
  if (type === 'TOPIC') return source === 'TOPIC_CONFIG'
  return type === 'GROUP' ? source === 'GROUP_CONFIG' : source !== 'DEFAULT_CONFIG'
}
