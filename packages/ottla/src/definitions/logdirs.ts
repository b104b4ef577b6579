import type { Command } from 'commander'
import type { LogdirsDescribeOptions } from '../commands/logdirs-describe.ts'
import type { LogdirsMoveOptions } from '../commands/logdirs-move.ts'
import type { Shell } from '../shell/shell.ts'
import { gatherList, withJson } from './options.ts'

/** `ottla logdirs …` */
export function addLogdirs(program: Command, shell: Shell): void {
  const logdirs = program
    .command('logdirs')
    .description("show brokers' data directories, and move partitions between them")
  withJson(logdirs.command('describe [topic[:partitions]...]'))
    .description('show directories and their space, or where some partitions are')
    .option('-b, --broker <id>', 'of this broker; may be repeated', gatherList, [])
    .option('-r, --replicas', 'every replica of every directory')
    .addHelpText('after', describeHelp)
    .action(async (names: string[], options: LogdirsDescribeOptions) => {
      const { logdirsDescribe } = await import('../commands/logdirs-describe.ts')
      await logdirsDescribe(shell, names, options)
    })
  withJson(logdirs.command('move <topic[:partitions]...>'))
    .description('begin to move partitions to another directory of their broker; they stay in use')
    .requiredOption('--to <directory>', 'one of the broker, as `ottla logdirs describe` shows it')
    .option('-b, --broker <id>', 'on this broker; needed where there are several')
    .addHelpText(
      'after',
      '\nExamples:\n  ottla logdirs move letters:0,2 --to /disk2/data --broker 1',
    )
    .action(async (names: string[], options: LogdirsMoveOptions) => {
      const { logdirsMove } = await import('../commands/logdirs-move.ts')
      await logdirsMove(shell, names, options)
    })
}

const describeHelp = `
Examples:
  ottla logdirs describe
  ottla logdirs describe letters --broker 1
  ottla logdirs describe --json | jq '.replicas | map(.sizeBytes) | add'`
