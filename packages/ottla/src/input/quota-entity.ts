import type { QuotaEntity } from '@ottla/client/admin/quotas'
import { UserError } from '../user-error.ts'

/** Whom a quota is for, as options say it. */
export interface QuotaEntityOptions {
  readonly user?: string
  readonly clientId?: string
  readonly ip?: string
  readonly defaultUser?: boolean
  readonly defaultClientId?: boolean
  readonly defaultIp?: boolean
}

/** @throws {UserError} for a part that is given both by name and as its default. */
export function quotaEntity(options: QuotaEntityOptions): QuotaEntity {
  const parts = {
    user: part('user', options.user, options.defaultUser),
    'client-id': part('client-id', options.clientId, options.defaultClientId),
    ip: part('ip', options.ip, options.defaultIp),
  }
  return Object.fromEntries(
    Object.entries(parts).filter(
      (entry): entry is [string, string | null] => entry[1] !== undefined,
    ),
  )
}

/** As a person calls it: `user alice, client-id default`. */
export function entityName(entity: QuotaEntity): string {
  return Object.entries(entity)
    .map(([type, name]) => `${type} ${name ?? '(default)'}`)
    .join(', ')
}

function part(
  type: string,
  name: string | undefined,
  isDefault: boolean | undefined,
): string | null | undefined {
  if (isDefault !== true) return name
  if (name === undefined) return null
  throw new UserError(`give --${type} or --default-${type}, not both`)
}
