import type { Command } from 'commander'
import type { TopicsAlterOptions } from '../commands/topics-alter.ts'
import type { TopicsCreateOptions } from '../commands/topics-create.ts'
import type { TopicsDeleteRecordsOptions } from '../commands/topics-delete-records.ts'
import type { TopicsListOptions } from '../commands/topics-list.ts'
import type { ClientCommandOptions } from '../commands/with-admin.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { withChanges } from './configs.ts'
import { gather, longNumber, wholeNumber, withJson } from './options.ts'

/** `ottla topics …` */
export function addTopics(program: Command, shell: Shell): void {
  const topics = program
    .command('topics')
    .description('create, list, describe, alter and delete topics')
  withJson(topics.command('create <name...>'))
    .description('create topics')
    .option('-p, --partitions <count>', "default: the broker's num.partitions", wholeNumber)
    .option('-r, --replication-factor <count>', "default: the broker's", wholeNumber)
    .option('--config <name=value>', 'a setting of the topic; may be repeated', gather, [])
    .option('--if-not-exists', 'a topic that exists is no error')
    .addHelpText('after', createHelp)
    .action(async (names: string[], options: TopicsCreateOptions) => {
      const { topicsCreate } = await import('../commands/topics-create.ts')
      await topicsCreate(shell, names, options)
    })
  withJson(topics.command('list'))
    .description('list topics, a name a line')
    .option('--internal', "with Kafka's own, such as __consumer_offsets")
    .addHelpText('after', '\nExamples:\n  ottla topics list\n  ottla topics list --internal --json')
    .action(async (options: TopicsListOptions) => {
      const { topicsList } = await import('../commands/topics-list.ts')
      await topicsList(shell, options)
    })
  withJson(topics.command('describe [name...]'))
    .description('show partitions and settings of some topics, or of all')
    .addHelpText('after', describeHelp)
    .action(async (names: string[], options: ClientCommandOptions & OutputOptions) => {
      const { topicsDescribe } = await import('../commands/topics-describe.ts')
      await topicsDescribe(shell, names, options)
    })
  withChanges(withJson(topics.command('alter <name...>')))
    .description('give topics more partitions or other settings')
    .option('-p, --partitions <count>', 'so many from now on; never fewer', wholeNumber)
    .option('--validate-only', 'say whether it would be done, and change nothing')
    .addHelpText('after', alterHelp)
    .action(async (names: string[], options: TopicsAlterOptions) => {
      const { topicsAlter } = await import('../commands/topics-alter.ts')
      await topicsAlter(shell, names, options)
    })
  withJson(topics.command('delete <name...>'))
    .description('delete topics and all their records')
    .addHelpText('after', '\nExamples:\n  ottla topics delete letters')
    .action(async (names: string[], options: ClientCommandOptions & OutputOptions) => {
      const { topicsDelete } = await import('../commands/topics-delete.ts')
      await topicsDelete(shell, names, options)
    })
  withJson(topics.command('delete-records <topic[:partitions]...>'))
    .description('delete the oldest records of topics, or of some of their partitions')
    .option('--before <offset>', 'those before this offset', longNumber)
    .option('--before-time <time>', 'those before the first record of this time or later')
    .option('--all', 'all that are there now')
    .addHelpText('after', deleteRecordsHelp)
    .action(async (names: string[], options: TopicsDeleteRecordsOptions) => {
      const { topicsDeleteRecords } = await import('../commands/topics-delete-records.ts')
      await topicsDeleteRecords(shell, names, options)
    })
}

const createHelp = `
Examples:
  ottla topics create letters --partitions 3
  ottla topics create state --config cleanup.policy=compact --if-not-exists`

const describeHelp = `
Examples:
  ottla topics describe letters
  ottla topics describe --json | jq -r 'select(.partitions | length > 8) | .name'`

const alterHelp = `
Records stay in the partition that they are in, but keys may go to another one from then on.

Examples:
  ottla topics alter letters --partitions 6
  ottla topics alter letters --set retention.ms=60000 --delete segment.bytes`

const deleteRecordsHelp = `
Examples:
  ottla topics delete-records letters:0 --before 1000
  ottla topics delete-records letters --before-time 2026-08-01T12:00:00Z`
