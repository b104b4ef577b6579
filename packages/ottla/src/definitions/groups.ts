import type { Command } from 'commander'
import type { GroupsDeleteOffsetsOptions } from '../commands/groups-delete-offsets.ts'
import type { GroupsDescribeOptions } from '../commands/groups-describe.ts'
import type { GroupsListOptions } from '../commands/groups-list.ts'
import type { GroupsResetOffsetsOptions } from '../commands/groups-reset-offsets.ts'
import type { ClientCommandOptions } from '../commands/with-admin.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { gather, gatherList, longNumber, withJson } from './options.ts'

/** `ottla groups …` */
export function addGroups(program: Command, shell: Shell): void {
  const groups = program
    .command('groups')
    .description('list, describe and delete groups, and move their offsets')
  withJson(groups.command('list'))
    .description('list groups of every type, one a line')
    .option(
      '-t, --type <type>',
      'classic, consumer, share or streams; may be repeated',
      gatherList,
      [],
    )
    .option('-s, --state <state>', 'stable, empty, …; may be repeated', gatherList, [])
    .addHelpText('after', listHelp)
    .action(async (options: GroupsListOptions) => {
      const { groupsList } = await import('../commands/groups-list.ts')
      await groupsList(shell, options)
    })
  withJson(groups.command('describe [group...]'))
    .description('show members, what they read, and how far they are, of some groups or of all')
    .option('--members', 'the members alone')
    .option('--offsets', 'the offsets alone')
    .addHelpText('after', describeHelp)
    .action(async (names: string[], options: GroupsDescribeOptions) => {
      const { groupsDescribe } = await import('../commands/groups-describe.ts')
      await groupsDescribe(shell, names, options)
    })
  addResetOffsets(groups, shell)
  withJson(groups.command('delete <group...>'))
    .description('delete groups that have no members, with their offsets')
    .addHelpText('after', '\nExamples:\n  ottla groups delete readers')
    .action(async (names: string[], options: ClientCommandOptions & OutputOptions) => {
      const { groupsDelete } = await import('../commands/groups-delete.ts')
      await groupsDelete(shell, names, options)
    })
  withJson(groups.command('delete-offsets <group>'))
    .description('delete offsets of topics that the group reads no more')
    .requiredOption(
      '-t, --topic <topic[:partitions]>',
      'letters, or letters:0,2; may be repeated',
      gather,
    )
    .addHelpText('after', '\nExamples:\n  ottla groups delete-offsets readers --topic letters')
    .action(async (group: string, options: GroupsDeleteOffsetsOptions) => {
      const { groupsDeleteOffsets } = await import('../commands/groups-delete-offsets.ts')
      await groupsDeleteOffsets(shell, group, options)
    })
}

const listHelp = `
Examples:
  ottla groups list
  ottla groups list --type consumer --state empty --json | jq -r .groupId`

const describeHelp = `
Examples:
  ottla groups describe readers
  ottla groups describe readers --json | jq '.offsets | map(.lag) | add'`

function addResetOffsets(groups: Command, shell: Shell): void {
  withJson(groups.command('reset-offsets <group>'))
    .description('show where a group without members would go on, and with --execute make it so')
    .option(
      '-t, --topic <topic[:partitions]>',
      'letters, or letters:0,2; may be repeated',
      gather,
      [],
    )
    .option('--all-topics', 'all that the group has offsets of')
    .option('--to-earliest', 'to the first record')
    .option('--to-latest', 'to the end')
    .option('--to-current', 'to what is committed; to the end where nothing is')
    .option('--to-offset <offset>', 'to this offset', longNumber)
    .option('--to-time <time>', 'to the first record of this time or later')
    .option('--by <duration>', 'to the first record of so long ago or later')
    .option('--shift-by <count>', 'so many records on, or, below 0, back', longNumber)
    .option('--execute', 'do it, rather than show it')
    .addHelpText('after', resetHelp)
    .action(async (group: string, options: GroupsResetOffsetsOptions) => {
      const { groupsResetOffsets } = await import('../commands/groups-reset-offsets.ts')
      await groupsResetOffsets(shell, group, options)
    })
}

const resetHelp = `
Times are as 2026-08-01T12:00:00Z (UTC where no zone is given) or milliseconds since 1970; durations as
90s, 2h30m, 7d or PT1H. What lies outside of a partition becomes its nearest end.

Examples:
  ottla groups reset-offsets readers --topic letters --to-earliest
  ottla groups reset-offsets readers --all-topics --by 2h --execute
  ottla groups reset-offsets readers --topic letters:0 --shift-by -10 --execute`
