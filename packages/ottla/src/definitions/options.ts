import { type Command, InvalidArgumentError } from 'commander'

/** The options of a command that asks a cluster. */
export function withBootstrap(command: Command): Command {
  return command
    .option(
      '--bootstrap-server <host:port>',
      'a broker of the cluster (default: of the profile, else localhost:9092)',
    )
    .option('--profile <name>', 'a cluster that `ottla profile add` gave a name')
}

/** … and answers with rows. */
export function withJson(command: Command): Command {
  return withBootstrap(command).option('-j, --json', 'an object a line, for programs')
}

/** For an option that may be repeated. */
export function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** For an option that may be repeated, or given once with commas. */
export function gatherList(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(',').filter((item) => item !== '')]
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number.')
  return Number(text)
}

/** An offset, or how far to move one. */
export function longNumber(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new InvalidArgumentError('give a whole number.')
  return Number(text)
}
