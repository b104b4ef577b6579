import { UserError } from '../user-error.ts'

/** That there is no such topic, and which one was perhaps meant. */
export function unknownTopic(name: string, names: Iterable<string>): Promise<UserError> {
  return unknownName(`there is no topic ${name}`, name, names, '`ottla topics list` shows all')
}

/** That there is no such group, and which one was perhaps meant. */
export function unknownGroup(name: string, names: Iterable<string>): Promise<UserError> {
  return unknownName(`there is no group ${name}`, name, names, '`ottla groups list` shows all')
}

export async function unknownName(
  message: string,
  name: string,
  names: Iterable<string>,
  otherwise: string,
): Promise<UserError> {
  // Loaded only here: with it come all tables of settings.
  const { closestName } = await import('@ottla/metadata/configs')
  const meant = closestName(name, names)
  return new UserError(`${message}; ${meant === null ? otherwise : `did you mean ${meant}?`}`)
}
