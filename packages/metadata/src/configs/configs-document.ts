import type { Setting } from './setting.ts'
import { unitOf } from './setting.ts'
import { brokerSettingTable, groupSettingTable, topicSettingTable } from './tables.ts'
import { describeValidity } from './validate.ts'

/** The whole of docs/configs.md: every setting's row in the tables, for people. */
export function configsDocument(): string {
  const broker = [...brokerSettingTable.all.values()].filter(({ isInternal }) => !isInternal)
  const own = [...brokerSettingTable.all.values()].filter(({ name }) => name.startsWith('ottla.'))
  const topic = [...topicSettingTable.all.values()].filter(({ isInternal }) => !isInternal)
  const group = [...groupSettingTable.all.values()]
  return [
    introduction(broker),
    '## Settings of a topic\n',
    'Given with `ottla topics create --config name=value` or any Kafka tool. A topic that has no',
    "value of its own takes the broker's, under the name in the last column.\n",
    table(topic, "the broker's", ({ brokerSynonyms }) =>
      brokerSynonyms.map(({ name }) => code(name)).join(', '),
    ),
    '## Settings of a broker that Ottla acts on\n',
    table(acting(broker), 'change', ({ updateMode }) => updateMode),
    '## Settings that Kafka does not have\n',
    "Kafka's tools are not shown them.\n",
    table(own, 'change', ({ updateMode }) => updateMode),
    '## Settings of a broker that are checked, kept and described only\n',
    'A file that has them works; what they ask for is not done (or, like the numbers of threads,',
    'has no meaning here).\n',
    table(notActing(broker), 'change', ({ updateMode }) => updateMode),
    '## Settings of a group\n',
    'For the consumer, share and streams protocols, which Ottla does not speak yet.\n',
    table(group, "the broker's", ({ brokerSynonyms }) =>
      brokerSynonyms.map(({ name }) => code(name)).join(', '),
    ),
  ].join('\n')
}

function introduction(broker: readonly Setting[]): string {
  return `# Settings

<!-- Written from the tables in packages/metadata/src/configs/tables; a test holds it to them. -->

Ottla has Apache Kafka 4.3's settings, with Kafka's names, defaults and rules. A broker takes them, in
rising order of precedence, from its defaults, from the file given with \`--config\`, from the
environment as the Apache Kafka image does (\`KAFKA_LOG_RETENTION_HOURS\` is \`log.retention.hours\`; two
underscores are one, three a dash), and from \`--set name=value\`. A wrong value, or a name that Kafka does
not know, stops the start with a message that says where it stands and what would be valid.

Where Ottla differs, so that a broker starts without any setting: \`node.id\` is 1, \`process.roles\` is
\`broker,controller\`, the data directory of \`ottla start\` is \`./data\`, listeners without a host advertise
\`localhost\`, and internal topics get no more replicas than there are brokers, unless their replication
factor is set.

Ottla acts on ${acting(broker).length} of a broker's ${broker.length} settings so far.
`
}

function acting(settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ isActedOn }) => isActedOn)
}

function notActing(settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ isActedOn }) => !isActedOn)
}

function table(
  settings: readonly Setting[],
  lastColumn: string,
  last: (setting: Setting) => string,
): string {
  const isMixed = settings.some(({ isActedOn }) => isActedOn !== settings[0]?.isActedOn)
  const head = ['setting', 'type', 'default', 'valid', 'what it does', lastColumn]
  if (isMixed) head.push('acted on')
  const rows = settings.map((setting) => {
    const cells = [
      code(setting.name),
      typeCell(setting),
      setting.defaultText === null ? 'not set' : code(setting.defaultText),
      describeValidity(setting) ?? '',
      setting.doc,
      last(setting),
    ]
    if (isMixed) cells.push(setting.isActedOn ? 'yes' : 'not yet')
    return cells
  })
  return [head, head.map(() => '---'), ...rows].map(line).join('\n') + '\n'
}

function typeCell(setting: Setting): string {
  const unit = unitOf(setting)
  return unit === null ? setting.type : `${setting.type}, ${unit}`
}

function code(text: string): string {
  return text === '' ? 'empty' : `\`${text}\``
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
