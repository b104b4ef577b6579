import { type Command, Option } from 'commander'
import type { ConsumeOptions } from '../commands/consume.ts'
import type { ProduceOptions } from '../commands/produce.ts'
import type { Shell } from '../shell/shell.ts'
import { gather, longNumber, wholeNumber, withBootstrap } from './options.ts'

const bytesForm = (): Option =>
  new Option('--bytes <form>', 'how keys, values and values of headers stand there')
    .choices(['text', 'base64', 'hex'])
    .default('text')

/** `ottla produce` */
export function addProduce(program: Command, shell: Shell): void {
  withBootstrap(program.command('produce <topic>'))
    .description('send each line of the input as a record')
    .addOption(
      new Option(
        '--format <format>',
        'what a line is: a value, or an object with what a record has',
      )
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('-k, --key-separator <text>', 'each line is a key, this, and a value')
    .option('--null <text>', 'a key or value that is this is null: a tombstone, as a value')
    .addOption(bytesForm())
    .option('-H, --header <name=value>', 'a header of every record; may be repeated', gather, [])
    .option('-T, --timestamp <time>', 'of every record (default: now)')
    .option('-p, --partition <number>', 'default: by the key, or whichever is filled', wholeNumber)
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--acks <who>', 'who must have a record before it counts')
        .choices(['all', 'leader', 'none'])
        .default('all'),
    )
    .addHelpText('after', produceHelp)
    .action(async (topic: string, options: ProduceOptions) => {
      const { produce } = await import('../commands/produce.ts')
      await produce(shell, topic, options)
    })
}

const produceHelp = `
JSON has an object a line, as \`ottla consume --format json\` writes it: "key", "value", "headers" (an object,
or a list of pairs), "partition", "timestamp" (ms since 1970), all of which may be left out. A key or value
that is not text is sent as its JSON; without a value, or with null, a record is a tombstone.

Examples:
  ottla produce letters < letters.txt
  echo 'milena:Dear Milena' | ottla produce letters --key-separator : --header source=archive
  echo 'milena:-' | ottla produce letters --key-separator : --null -
  echo '{"key":"milena","value":{"dear":true},"headers":{"a":"1"}}' | ottla produce letters --format json
  ottla consume letters -b -e --format json | ottla produce copies --format json`

/** `ottla consume` */
export function addConsume(program: Command, shell: Shell): void {
  withBootstrap(program.command('consume <topic>'))
    .description('write records to the output, until Ctrl-C')
    .option('-b, --from-beginning', 'from the first record (default: those that come from now on)')
    .option(
      '-o, --offset <offset>',
      'from this one, or, below 0, so many before the end',
      longNumber,
    )
    .option('--from-time <time>', 'from the first record of this time or later, or so long ago')
    .option('-e, --exit-at-end', 'end where the topic ends')
    .option(
      '--until-time <time>',
      'end before the first record of this time or later, or so long ago',
    )
    .option('--for <duration>', 'end after so long')
    .option('-n, --max <count>', 'end after so many records', wholeNumber)
    .option('-f, --follow', 'wait for more at the end (the default)')
    .option(
      '-g, --group <id>',
      "as a member of a group, from the group's offsets, which it commits",
    )
    .option('-p, --partition <number>', 'of one partition only', wholeNumber)
    .addOption(
      new Option('--isolation <level>', 'with open and aborted transactions, or without')
        .choices(['uncommitted', 'committed'])
        .default('uncommitted'),
    )
    .option('--key-separator <text>', 'write the key, this, and the value')
    .option('--format <format>', 'what to write of a record, or json (default: %v\\n)')
    .addOption(bytesForm())
    .addHelpText('after', consumeHelp)
    .action(async (topic: string, options: ConsumeOptions) => {
      const { consume } = await import('../commands/consume.ts')
      await consume(shell, topic, options)
    })
}

const consumeHelp = `
In a format: %k key, %v value, %t topic, %p partition, %o offset, %T timestamp in ms since 1970, %D the same
as a date, %h headers, %% a percent sign, \\n, \\t. Times are as 2026-08-01T12:00:00Z (UTC where no zone is
given), milliseconds since 1970, or how long ago: 90s, 2h30m, 7d, PT1H.

Examples:
  ottla consume letters --from-beginning --exit-at-end
  ottla consume letters --group readers --format '%p:%o %k %v\\n'
  ottla consume letters --offset -10 --exit-at-end --format '%D %h %v\\n'
  ottla consume letters --from-time 2h --until-time 1h --format json`
