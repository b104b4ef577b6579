import type { Argument, Command, Option } from 'commander'

/** What may stand where the cursor is. */
export type Candidates =
  /** Words that are known without asking anybody. */
  | { readonly words: readonly string[] }
  /** Names that are to be asked for. */
  | { readonly names: 'topics' | 'groups' | 'profiles' }

const none: Candidates = { words: [] }

/**
 * What may come next on a command line.
 *
 * @param program All commands.
 * @param words What stands behind `ottla`, up to the cursor; the last is the one that is being written,
 *   '' between words.
 */
export function candidates(program: Command, words: readonly string[]): Candidates {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  let command = program
  let awaited: Option | null = null
  let argumentsBefore = 0
  for (const word of before) {
    if (awaited !== null) {
      awaited = null
    } else if (word.startsWith('-') && word !== '-') {
      const option = optionNamed(command, word)
      awaited = option !== undefined && takesValue(option) && !word.includes('=') ? option : null
    } else {
      const below = command.commands.find((other) => other.name() === word)
      if (below === undefined) argumentsBefore += 1
      else command = below
    }
  }
  if (awaited !== null) return ofOption(awaited)
  if (current.startsWith('-')) return { words: optionWords(command) }
  if (command.commands.length > 0) return { words: visibleNames(command) }
  return ofArgument(command, argumentsBefore)
}

function optionNamed(command: Command, word: string): Option | undefined {
  const name = word.split('=', 1)[0]
  return command.options.find(({ long, short }) => long === name || short === name)
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function ofOption(option: Option): Candidates {
  if (option.argChoices !== undefined) return { words: option.argChoices }
  switch (option.long ?? '') {
    case '--topic':
      return { names: 'topics' }
    case '--group':
      return { names: 'groups' }
    case '--profile':
      return { names: 'profiles' }
    default:
      return none
  }
}

function optionWords(command: Command): readonly string[] {
  return [...command.options.flatMap(({ long }) => (long == null ? [] : [long])), '--help']
}

function visibleNames(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((below) => below.name())
}

const resourceTypes = ['topic', 'broker', 'group', 'client-metrics', 'logger']

function ofArgument(command: Command, index: number): Candidates {
  const all: readonly Argument[] = command.registeredArguments
  const argument = all[index] ?? all.findLast(({ variadic }) => variadic)
  const parent = command.parent?.name()
  switch (argument?.name() ?? '') {
    case 'topic':
    case 'topic[:partitions]':
      return { names: 'topics' }
    case 'group':
      return { names: 'groups' }
    case 'type':
      return { words: resourceTypes }
    case 'name':
      if (parent === 'topics' && command.name() !== 'create') return { names: 'topics' }
      return parent === 'profile' && command.name() !== 'add' ? { names: 'profiles' } : none
    case 'shell':
      return { words: ['bash', 'zsh', 'fish'] }
    default:
      return none
  }
}
