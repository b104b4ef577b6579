import { describeQuotas } from '@ottla/client/admin/quotas'
import { entityName, quotaEntity, type QuotaEntityOptions } from '../input/quota-entity.ts'
import { type OutputOptions, writeJson, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla quotas list`: a quota a line. */
export async function quotasList(
  shell: Shell,
  options: ClientCommandOptions & OutputOptions & QuotaEntityOptions,
): Promise<void> {
  const entity = quotaEntity(options)
  await withAdmin(shell, options, async (client) => {
    const found = await describeQuotas(client.cluster, entity, { signal: shell.stop })
    if (options.json === true) return writeJson(shell, found)
    const rows = found
      .flatMap(({ entity: of, quotas }) =>
        Object.entries(quotas).map(([quota, value]) => ({ of: entityName(of), quota, value })),
      )
      .sort((one, other) => (one.of + one.quota < other.of + other.quota ? -1 : 1))
    return writeRows(shell, options, rows, [
      { head: 'FOR', of: ({ of }) => of },
      { head: 'QUOTA', of: ({ quota }) => quota },
      { head: 'VALUE', of: ({ value }) => value },
    ])
  })
}
