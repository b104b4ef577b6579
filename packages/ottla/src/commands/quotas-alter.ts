import { alterQuotas } from '@ottla/client/admin/quotas'
import { nameAndValue } from '../input/name-value.ts'
import { entityName, quotaEntity, type QuotaEntityOptions } from '../input/quota-entity.ts'
import { unknownName } from '../input/unknown-name.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface QuotasAlterOptions
  extends ClientCommandOptions, OutputOptions, QuotaEntityOptions {
  readonly validateOnly?: boolean
}

/** Kafka's; only to say which one was perhaps meant. */
const known = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
]

/** `ottla quotas set NAME=VALUE…` */
export async function quotasSet(
  shell: Shell,
  quotas: readonly string[],
  options: QuotasAlterOptions,
): Promise<void> {
  const values = quotas.map((text): [string, number] => {
    const equals = text.indexOf('=')
    if (equals < 0)
      throw new UserError(`${text}: give name=number, as in producer_byte_rate=1048576`)
    const [name, value] = nameAndValue('', text, '')
    const number = Number(value)
    if (value.trim() !== '' && Number.isFinite(number)) return [name, number]
    throw new UserError(`${text}: ${value === '' ? 'the value' : value} is not a number`)
  })
  await alter(shell, Object.fromEntries(values), options, 'set')
}

/** `ottla quotas remove NAME…` */
export async function quotasRemove(
  shell: Shell,
  names: readonly string[],
  options: QuotasAlterOptions,
): Promise<void> {
  await alter(shell, Object.fromEntries(names.map((name) => [name, null])), options, 'removed')
}

async function alter(
  shell: Shell,
  quotas: Readonly<Record<string, number | null>>,
  options: QuotasAlterOptions,
  done: string,
): Promise<void> {
  const entity = quotaEntity(options)
  if (Object.keys(entity).length === 0) {
    throw new UserError(
      'whose quota? give --user, --client-id, both, or --ip; or --default-user, --default-client-id, --default-ip',
    )
  }
  await withAdmin(shell, options, async (client) => {
    const { validateOnly = false } = options
    const call = { signal: shell.stop, validateOnly }
    const error = await alterQuotas(client.cluster, entity, quotas, call)
    if (error !== null) {
      for (const name of Object.keys(quotas)) {
        if (known.includes(name)) continue
        throw await unknownName(
          `there is no quota ${name}`,
          name,
          known,
          `there are ${known.join(', ')}`,
        )
      }
    }
    const of = `${Object.keys(quotas).join(', ')} of ${entityName(entity)}`
    const outcome = { name: of, error, fields: { entity, quotas } }
    await writeOutcomes(shell, options, [outcome], validateOnly ? 'validated' : done)
  })
}
