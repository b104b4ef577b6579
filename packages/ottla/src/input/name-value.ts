import { UserError } from '../user-error.ts'

/**
 * Splits `name=value`.
 * @param option As a person wrote it, for the error: `--set`.
 */
export function nameAndValue(option: string, text: string, example: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw new UserError(`${option} ${text}: give name=value, as in ${option} ${example}`)
}
