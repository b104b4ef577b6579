import { Command, CommanderError, Help, Option } from 'commander'
import type { DumpOptions } from './commands/dump.ts'
import type { StartCommandOptions } from './commands/start.ts'
import { addCluster } from './definitions/cluster.ts'
import { addCompletion } from './definitions/completion.ts'
import { addConfigs } from './definitions/configs.ts'
import { addGroups } from './definitions/groups.ts'
import { addLogdirs } from './definitions/logdirs.ts'
import { addOffsets } from './definitions/offsets.ts'
import { addQuotas } from './definitions/quotas.ts'
import { addProfile } from './definitions/profile.ts'
import { gather } from './definitions/options.ts'
import { addConsume, addProduce } from './definitions/records.ts'
import { addTopics } from './definitions/topics.ts'
import type { Shell } from './shell/shell.ts'
import type { VerifyOptions } from './commands/verify.ts'
import { version } from './version.ts'

/** Reads the arguments and runs the command they name. A command's code is loaded when it runs. */
export async function parseCommandLine(shell: Shell): Promise<void> {
  const program = new Command('ottla')
    .description("Apache Kafka's system, instant: a broker and the tools to use it.")
    .version(version, '-V, --version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: (text) => void shell.write(text),
      writeErr: (text) => shell.tell(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'ottla: ')),
    })
  addStart(program, shell)
  addTopics(program, shell)
  addProduce(program, shell)
  addConsume(program, shell)
  addOffsets(program, shell)
  addGroups(program, shell)
  addConfigs(program, shell)
  addQuotas(program, shell)
  addLogdirs(program, shell)
  addCluster(program, shell)
  addProfile(program, shell)
  addDump(program, shell)
  addVerify(program, shell)
  addCompletion(program, shell)
  try {
    await program.parseAsync(shell.args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander has said what is wrong, or shown the help.
    shell.exitCode = error.exitCode
  }
}

/** As usual, but for options that may be repeated: that they are empty by default says nothing. */
function optionDescription(option: Option): string {
  const isEmptyList = Array.isArray(option.defaultValue) && option.defaultValue.length === 0
  return isEmptyList ? option.description : new Help().optionDescription(option)
}

const examples = `
Examples:
  ottla start                                   a broker on localhost:9092, data in ./data
  ottla topics create letters --partitions 3
  echo 'Dear Milena' | ottla produce letters
  ottla consume letters --from-beginning --exit-at-end
  ottla groups describe readers                 members, offsets, lag
  ottla profile add prod kafka1:9092            and then: ottla topics list --profile prod`

function addStart(program: Command, shell: Shell): void {
  program
    .command('start')
    .description('run a broker until it is told to stop')
    .option('-c, --config <file>', "settings, as Kafka's server.properties")
    .option('-s, --set <name=value>', "one of Kafka's settings; may be repeated", gather, [])
    .option('-l, --listen <host:port>', 'one plain listener (default: all addresses, port 9092)')
    .option('-d, --data-dir <directory>', 'where the logs live (default: ./data)')
    .option('--http <host:port>', 'serve /metrics and /health there (default: nowhere)')
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText('after', startHelp)
    .action(async (options: StartCommandOptions) => {
      const { start } = await import('./commands/start.ts')
      await start(shell, options)
    })
}

const startHelp = `
Settings have Kafka's names; docs/configs.md lists them. They come, the later ones stronger, from
  1. the defaults
  2. the file given with --config
  3. the environment, as the Apache Kafka image reads it: KAFKA_LOG_RETENTION_HOURS is
     log.retention.hours, two underscores are one, three a dash; CLUSTER_ID is the cluster's id
  4. --set, --listen, --data-dir and --http

Examples:
  ottla start --data-dir /var/lib/ottla --listen 0.0.0.0:9092
  ottla start --http 127.0.0.1:9464
  ottla start --config server.properties --set log.retention.hours=24
  KAFKA_NUM_PARTITIONS=3 ottla start`

function addDump(program: Command, shell: Shell): void {
  program
    .command('dump <file...>')
    .description('show files of a log, or all in a folder, and verify them')
    .option('-r, --records', 'every record of every batch, not the batches alone')
    .option('-j, --json', 'an object a line, for programs')
    .option('--offsets', "decode records as __consumer_offsets'")
    .option('--transactions', "decode records as __transaction_state's")
    .option('--share-state', "decode records as __share_group_state's")
    .option('--metadata', "decode records as the metadata log's")
    .option('--raw', 'decode no records (default: as the name of their folder says)')
    .addOption(
      new Option('--bytes <form>', 'how keys, values and headers are shown')
        .choices(['auto', 'text', 'base64', 'hex'])
        .default('auto'),
    )
    .option('--problems-only', 'only what is wrong')
    .addHelpText('after', dumpHelp)
    .action(async (files: string[], options: DumpOptions) => {
      const { dump } = await import('./commands/dump.ts')
      await dump(shell, files, options)
    })
}

const dumpHelp = `
Files: .log .index .timeindex .txnindex .snapshot .checkpoint leader-epoch-checkpoint partition.metadata
meta.properties .kafka_cleanshutdown quorum-state and the …-offset-checkpoint files, of Ottla and of
Apache Kafka; with .deleted, .cleaned or .swap at the end too. Nothing is changed.
The exit code is 1 when something is wrong; each problem says where, and what recovery would do.

Examples:
  ottla dump data/letters-0/00000000000000000000.log --records
  ottla dump data/letters-0 --problems-only
  ottla dump data/__consumer_offsets-*/*.log --records --json | jq .records[].decoded`

function addVerify(program: Command, shell: Shell): void {
  program
    .command('verify <data-dir...>')
    .description("check a stopped broker's data directories, and say what its next start would do")
    .option('--deep', 'read every batch of every segment')
    .option('-j, --json', 'an object a line, for programs')
    .addHelpText('after', verifyHelp)
    .action(async (directories: string[], options: VerifyOptions) => {
      const { verify } = await import('./commands/verify.ts')
      await verify(shell, directories, options)
    })
}

const verifyHelp = `
Give all directories of log.dirs at once, of Ottla or of Apache Kafka. Nothing is changed. Without --deep,
what the next start would believe is only sampled; what it would check after an unclean stop is read whole.
The exit code is 1 when something is wrong; notes alone are no reason.

Examples:
  ottla verify data
  ottla verify /disk1/ottla /disk2/ottla --deep`
