import { type Command, Option } from 'commander'
import type { OffsetsGetOptions } from '../commands/offsets-get.ts'
import type { Shell } from '../shell/shell.ts'
import { withJson } from './options.ts'

/** `ottla offsets …` */
export function addOffsets(program: Command, shell: Shell): void {
  const offsets = program.command('offsets').description('find offsets of partitions')
  withJson(offsets.command('get [topic[:partitions]...]'))
    .description('show where partitions begin or end, or are at a time; of all topics, or of some')
    .option(
      '--at <where>',
      'earliest, latest, max-timestamp, earliest-local, latest-tiered, or a time',
      'latest',
    )
    .addOption(
      new Option('--isolation <level>', 'whether the end is before open transactions')
        .choices(['uncommitted', 'committed'])
        .default('uncommitted'),
    )
    .addHelpText('after', getHelp)
    .action(async (names: string[], options: OffsetsGetOptions) => {
      const { offsetsGet } = await import('../commands/offsets-get.ts')
      await offsetsGet(shell, names, options)
    })
}

const getHelp = `
A time is as 2026-08-01T12:00:00Z (UTC where no zone is given) or milliseconds since 1970: then it is the
first record of that time or later, and no offset where there is none.

Examples:
  ottla offsets get letters
  ottla offsets get letters:0,2 --at earliest
  ottla offsets get --at 2026-08-01T12:00:00Z --json`
