import { type Command, Option } from 'commander'
import type { ClusterElectLeadersOptions } from '../commands/cluster-elect-leaders.ts'
import type { ClusterFeaturesOptions } from '../commands/cluster-features.ts'
import type { ClientCommandOptions } from '../commands/with-admin.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { gather, wholeNumber, withJson } from './options.ts'

type Options = ClientCommandOptions & OutputOptions

/** `ottla cluster …` */
export function addCluster(program: Command, shell: Shell): void {
  const cluster = program
    .command('cluster')
    .description('show a cluster, its brokers, metadata quorum and features, and look after them')
  withJson(cluster.command('describe'))
    .description("show the cluster's id and its brokers")
    .addHelpText('after', '\nExamples:\n  ottla cluster describe')
    .action(async (options: Options) => {
      const { clusterDescribe } = await import('../commands/cluster-describe.ts')
      await clusterDescribe(shell, options)
    })
  withJson(cluster.command('quorum'))
    .description('show who keeps the metadata, and how far behind each is')
    .addHelpText('after', '\nExamples:\n  ottla cluster quorum')
    .action(async (options: Options) => {
      const { clusterQuorum } = await import('../commands/cluster-quorum.ts')
      await clusterQuorum(shell, options)
    })
  withJson(cluster.command('features'))
    .description('show features and their levels, or move them to other levels')
    .option('--set <feature=level>', 'to this level, 0 for off; may be repeated', gather, [])
    .addOption(
      new Option(
        '--downgrade <how>',
        'to a lower level: only if nothing is lost, or anyway',
      ).choices(['safe', 'unsafe']),
    )
    .option('--validate-only', 'say whether it would be done, and change nothing')
    .addHelpText('after', featuresHelp)
    .action(async (options: ClusterFeaturesOptions) => {
      const { clusterFeatures } = await import('../commands/cluster-features.ts')
      await clusterFeatures(shell, options)
    })
  addChores(cluster, shell)
}

function addChores(cluster: Command, shell: Shell): void {
  withJson(cluster.command('unregister').argument('<broker>', 'its id', wholeNumber))
    .description('take a broker that has stopped for good out of the cluster')
    .addHelpText('after', '\nExamples:\n  ottla cluster unregister 3')
    .action(async (brokerId: number, options: Options) => {
      const { clusterUnregister } = await import('../commands/cluster-unregister.ts')
      await clusterUnregister(shell, brokerId, options)
    })
  withJson(cluster.command('elect-leaders [topic[:partitions]...]'))
    .description('let preferred replicas lead again')
    .option('--all', 'of all partitions')
    .option('--unclean', 'where no replica in sync is alive, any other: records may be lost')
    .addHelpText('after', electHelp)
    .action(async (names: string[], options: ClusterElectLeadersOptions) => {
      const { clusterElectLeaders } = await import('../commands/cluster-elect-leaders.ts')
      await clusterElectLeaders(shell, names, options)
    })
  withJson(cluster.command('reassignments'))
    .description('show partitions that are on their way to other brokers')
    .addHelpText('after', '\nExamples:\n  ottla cluster reassignments')
    .action(async (options: Options) => {
      const { clusterReassignments } = await import('../commands/cluster-reassignments.ts')
      await clusterReassignments(shell, options)
    })
}

const featuresHelp = `
Examples:
  ottla cluster features
  ottla cluster features --set group.version=1
  ottla cluster features --set share.version=0 --downgrade safe --validate-only`

const electHelp = `
Examples:
  ottla cluster elect-leaders --all
  ottla cluster elect-leaders letters:0,2 --unclean`
