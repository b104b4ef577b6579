import type { Command } from 'commander'
import type { ConfigsAlterOptions } from '../commands/configs-alter.ts'
import type { ConfigsDescribeOptions } from '../commands/configs-describe.ts'
import type { Shell } from '../shell/shell.ts'
import { gather, gatherList, withJson } from './options.ts'

/** `ottla configs …` */
export function addConfigs(program: Command, shell: Shell): void {
  const configs = program
    .command('configs')
    .description('show and change settings of topics, brokers, groups, client metrics and loggers')
  withJson(configs.command('describe <type> [name...]'))
    .description('show what is set, of some or of all of a type')
    .option('-a, --all', 'with the defaults')
    .option('-s, --setting <name>', 'only this one; may be repeated', gatherList, [])
    .option('--documentation', 'with what each means, as the broker tells it')
    .addHelpText('after', describeHelp)
    .action(async (type: string, names: string[], options: ConfigsDescribeOptions) => {
      const { configsDescribe } = await import('../commands/configs-describe.ts')
      await configsDescribe(shell, type, names, options)
    })
  withChanges(withJson(configs.command('alter <type> <name...>')))
    .description('change settings while all runs; for each name all changes are made, or none')
    .option('--validate-only', 'say whether they would be taken, and change nothing')
    .addHelpText('after', alterHelp)
    .action(async (type: string, names: string[], options: ConfigsAlterOptions) => {
      const { configsAlter } = await import('../commands/configs-alter.ts')
      await configsAlter(shell, type, names, options)
    })
}

/** What can be done to a setting. */
export function withChanges(command: Command): Command {
  return command
    .option('--set <name=value>', 'may be repeated, as all of these', gather, [])
    .option('--delete <name>', 'what is above it holds again', gatherList, [])
    .option('--append <name=values>', 'add to a list', gather, [])
    .option('--subtract <name=values>', 'take out of a list', gather, [])
}

const types = `
Types: topic, broker (by its id; \`default\` is what all brokers have), group, client-metrics, logger (those
of a broker, by its id).
`

const describeHelp = `${types}
Examples:
  ottla configs describe topic letters
  ottla configs describe broker default 1 --all
  ottla configs describe topic --setting retention.ms --json`

const alterHelp = `${types}
Examples:
  ottla configs alter topic letters --set retention.ms=60000 --delete segment.bytes
  ottla configs alter topic letters --append cleanup.policy=compact --validate-only
  ottla configs alter broker default --set log.cleaner.threads=2
  ottla configs alter group readers --set consumer.session.timeout.ms=60000
  ottla configs alter logger 1 --set root=DEBUG`
