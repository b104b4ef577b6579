import type { Command } from 'commander'
import type { QuotasAlterOptions } from '../commands/quotas-alter.ts'
import type { ClientCommandOptions } from '../commands/with-admin.ts'
import type { QuotaEntityOptions } from '../input/quota-entity.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { withJson } from './options.ts'

/** `ottla quotas …` */
export function addQuotas(program: Command, shell: Shell): void {
  const quotas = program.command('quotas').description('list, set and remove quotas of clients')
  withEntity(withJson(quotas.command('list')))
    .description('list quotas, of all or of whom the options name')
    .addHelpText('after', '\nExamples:\n  ottla quotas list\n  ottla quotas list --user alice')
    .action(async (options: ClientCommandOptions & OutputOptions & QuotaEntityOptions) => {
      const { quotasList } = await import('../commands/quotas-list.ts')
      await quotasList(shell, options)
    })
  withEntity(withJson(quotas.command('set <name=number...>')))
    .description('set quotas of a user, a client id, both, or an address')
    .option('--validate-only', 'say whether they would be taken, and change nothing')
    .addHelpText('after', setHelp)
    .action(async (names: string[], options: QuotasAlterOptions) => {
      const { quotasSet } = await import('../commands/quotas-alter.ts')
      await quotasSet(shell, names, options)
    })
  withEntity(withJson(quotas.command('remove <name...>')))
    .description('remove quotas: what is more general holds again')
    .option('--validate-only', 'say whether that would be taken, and change nothing')
    .addHelpText('after', '\nExamples:\n  ottla quotas remove producer_byte_rate --user alice')
    .action(async (names: string[], options: QuotasAlterOptions) => {
      const { quotasRemove } = await import('../commands/quotas-alter.ts')
      await quotasRemove(shell, names, options)
    })
}

function withEntity(command: Command): Command {
  return command
    .option('-u, --user <name>', 'of this user')
    .option('-c, --client-id <id>', 'of this client id')
    .option('-i, --ip <address>', 'of this address')
    .option('--default-user', 'of users without a quota of their own')
    .option('--default-client-id', 'of client ids without a quota of their own')
    .option('--default-ip', 'of addresses without a quota of their own')
}

const setHelp = `
Quotas: producer_byte_rate, consumer_byte_rate (bytes a second), request_percentage (of a thread),
controller_mutation_rate (partitions a second); of an address connection_creation_rate (a second).

Examples:
  ottla quotas set producer_byte_rate=1048576 --user alice
  ottla quotas set request_percentage=50 --default-user --client-id reports
  ottla quotas set connection_creation_rate=10 --default-ip`
