import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { kafkaJars } from './installed-peers.ts'

/**
 * Files as `ottla dump --json --records` tells them, written as Kafka's DumpLogSegments writes them, line for
 * line, and compared with what it writes.
 */
export function assertSameDumps(files: readonly string[]): void {
  const ours = oursDump(files)
  for (const [decoder, some] of byDecoder(files)) {
    const theirs = sections(kafkasDump(decoder, some))
    for (const file of some) {
      const lines = theirs.get(file)
      assert.ok(lines !== undefined, `Kafka says nothing of ${file}`)
      assertSameLines(file, ours.get(file) ?? [], lines)
    }
  }
}

const decoders: readonly [folder: RegExp, option: string][] = [
  [/^__consumer_offsets-/, '--offsets-decoder'],
  [/^__transaction_state-/, '--transaction-log-decoder'],
  [/^__share_group_state-/, '--share-group-state-decoder'],
  [/^__cluster_metadata-/, '--cluster-metadata-decoder'],
]

/** DumpLogSegments is started once for each kind: its virtual machine is what takes the time. */
function byDecoder(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const file of files) {
    const folder = basename(dirname(file))
    const isLog = /\.(log|checkpoint)$/.test(file)
    const found = isLog ? decoders.find(([pattern]) => pattern.test(folder)) : undefined
    const decoder = found?.[1] ?? '--print-data-log'
    groups.set(decoder, [...(groups.get(decoder) ?? []), file])
  }
  return groups
}

/** Kafka's DumpLogSegments. */
export function kafkasDump(...args: readonly (string | readonly string[])[]): string {
  const files = args.find((arg) => typeof arg !== 'string') ?? []
  const options = args.filter((arg) => typeof arg === 'string')
  const java = [
    '-Xmx256m',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-Dfile.encoding=UTF-8',
  ]
  const result = spawnSync(
    'java',
    [
      ...java,
      '-cp',
      `${kafkaJars()}/*`,
      'org.apache.kafka.tools.DumpLogSegments',
      ...options,
      '--deep-iteration',
      '--files',
      files.join(),
    ],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  )
  assert.equal(result.status, 0, result.stderr)
  return result.stdout
}

/** What was written of each file. */
function sections(output: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of output.split('\n')) {
    const file = /^Dumping (.*)$/.exec(line)?.[1]
    if (file !== undefined) found.set(file, (lines = []))
    else if (line !== '' && !/^(Log|Snapshot) |is empty\.$/.test(line)) lines.push(line)
  }
  return found
}

type Json = Readonly<Record<string, unknown>>

/** Entries by file. */
function oursDump(files: readonly string[]): Map<string, Json[]> {
  const ottla = join(import.meta.dirname, '..', '..', 'packages', 'ottla', 'bin', 'ottla.js')
  const args = [ottla, 'dump', '--json', '--records', '--bytes', 'base64', ...files]
  const result = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  assert.equal(result.status, 0, result.stdout.slice(-2000) + result.stderr)
  const found = new Map<string, Json[]>()
  let entries: Json[] = []
  for (const line of result.stdout.trimEnd().split('\n')) {
    const entry = JSON.parse(line) as Json
    if (entry['type'] === 'file') found.set(String(entry['path']), (entries = []))
    else entries.push(entry)
  }
  return found
}

function assertSameLines(file: string, ours: readonly Json[], theirs: readonly string[]): void {
  let next = 0
  for (const entry of ours) {
    assert.equal(theirs[next++], kafkasLine(entry), file)
    if (entry['type'] !== 'batch') continue
    for (const record of entry['records'] as Json[]) {
      assertSameRecord(file, entry, record, theirs[next++] ?? '')
    }
  }
  assert.deepEqual(theirs.slice(next), [], file)
}

function kafkasLine(entry: Json): string {
  switch (entry['type']) {
    case 'batch': {
      const horizon = entry['deleteHorizonMs'] as number | null
      const fields: [string, unknown][] = [
        ...['baseOffset', 'lastOffset'].map((name): [string, unknown] => [name, entry[name]]),
        ['count', entry['recordCount']],
        ...[
          'baseSequence',
          'lastSequence',
          'producerId',
          'producerEpoch',
          'partitionLeaderEpoch',
        ].map((name): [string, unknown] => [name, entry[name]]),
        ['isTransactional', entry['isTransactional']],
        ['isControl', entry['isControl']],
        ['deleteHorizonMs', horizon === null ? 'OptionalLong.empty' : `OptionalLong[${horizon}]`],
        ['position', entry['position']],
        [String(entry['timestampType']), entry['maxTimestamp']],
        ['size', entry['sizeBytes']],
        ['magic', entry['magic']],
        ['compresscodec', entry['compression']],
        ['crc', entry['crc']],
        ['isvalid', entry['isValid']],
      ]
      return told(fields)
    }
    case 'offset-index-entry':
      return told([named(entry, 'offset'), named(entry, 'position')])
    case 'time-index-entry':
      return told([named(entry, 'timestamp'), named(entry, 'offset')])
    case 'aborted-transaction':
      return told(
        ['version', 'producerId', 'firstOffset', 'lastOffset', 'lastStableOffset'].map((name) =>
          named(entry, name),
        ),
      )
    case 'producer': {
      const first = entry['currentTxnFirstOffset'] as number
      const fields: [string, unknown][] = [
        ...['producerId', 'producerEpoch', 'coordinatorEpoch'].map((name) => named(entry, name)),
        ['currentTxnFirstOffset', first === -1 ? 'OptionalLong.empty' : `OptionalLong[${first}]`],
        named(entry, 'lastTimestamp'),
      ]
      if (entry['lastOffset'] === -1) return told(fields)
      const batch = ['firstSequence', 'lastSequence', 'lastOffset', 'offsetDelta']
      fields.push(...batch.map((name) => named(entry, name)), ['timestamp', entry['lastTimestamp']])
      return told(fields)
    }
    default:
      throw new Error(`not compared: ${JSON.stringify(entry)}`)
  }
}

function named(entry: Json, name: string): [string, unknown] {
  return [name, entry[name]]
}

function told(fields: readonly [string, unknown][]): string {
  return fields.map(([name, value]) => `${name}: ${String(value)}`).join(' ')
}

function assertSameRecord(file: string, batch: Json, record: Json, line: string): void {
  const key = bytesOf(record['key'])
  const value = bytesOf(record['value'])
  const baseSequence = batch['baseSequence'] as number
  const offset = record['offset'] as number
  const sequence = baseSequence < 0 ? -1 : baseSequence + offset - (batch['baseOffset'] as number)
  const headers = record['headers'] as [string, unknown][]
  const start = `| ${told([
    ['offset', offset],
    [String(batch['timestampType']), record['timestamp']],
    ['keySize', key?.length ?? -1],
    ['valueSize', value?.length ?? -1],
    ['sequence', sequence],
    ['headerKeys', `[${headers.map(([name]) => name).join()}]`],
  ])}`
  assert.equal(line.slice(0, start.length), start, file)
  const rest = line.slice(start.length)
  const decoded = record['decoded'] as Json | undefined
  if (decoded === undefined) {
    const ownKey = key === null ? '' : ` key: ${key.toString()}`
    const ownValue = value === null ? '' : ` payload: ${value.toString()}`
    assert.equal(rest, ownKey + ownValue, file)
  } else if (batch['isControl'] === true) {
    assertSameControl(file, decoded, rest)
  } else {
    assertSameMeaning(file, decoded, rest)
  }
}

function assertSameControl(file: string, { kind, value }: Json, rest: string): void {
  if (kind === 'COMMIT' || kind === 'ABORT') {
    const { coordinatorEpoch } = value as Json
    const marker = ` endTxnMarker: ${kind} coordinatorEpoch: ${String(coordinatorEpoch)}`
    assert.equal(rest, marker, file)
    return
  }
  const name = String(kind).replaceAll('_', '').toLowerCase()
  assert.equal(/^ (\w+):? /.exec(rest)?.[1]?.toLowerCase(), name, `${file}: ${rest}`)
  assertHas(file, value, JSON.parse(rest.slice(rest.indexOf('{'))))
}

function assertSameMeaning(file: string, { kind, version, key, value }: Json, rest: string): void {
  const payloadAt = rest.lastIndexOf(' payload: ')
  const text = payloadAt < 0 ? '<DELETE>' : rest.slice(payloadAt + ' payload: '.length)
  const payload = text === '<DELETE>' ? null : (JSON.parse(text) as Json | null)
  if (key === null) {
    // The metadata log: PartitionChangeRecord is PARTITION_CHANGE_RECORD.
    const type = String(kind)
      .replaceAll(/(?<=.)([A-Z])/g, '_$1')
      .toUpperCase()
    assert.equal(payload?.['type'], type, file)
  } else {
    const keyText = rest.slice(' key: '.length, payloadAt < 0 ? rest.length : payloadAt)
    const theirs = JSON.parse(keyText) as Json
    assertHas(file, key, theirs['data'])
  }
  if (value === null) {
    assert.equal(payload, null, file)
    return
  }
  assert.equal(Number(payload?.['version']), version, file)
  assertHas(file, value, payload?.['data'])
}

/** Kafka leaves out what a version has no place for; we give the default. */
function assertHas(file: string, ours: unknown, theirs: unknown): void {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    assert.equal(ours.length, theirs.length, file)
    for (const [index, one] of theirs.entries()) assertHas(file, ours[index], one)
  } else if (typeof theirs === 'object' && theirs !== null) {
    for (const [name, value] of Object.entries(theirs)) {
      assertHas(`${file}: ${name}`, (ours as Json | null)?.[name], value)
    }
  } else if (typeof theirs === 'boolean' || typeof theirs === 'number') {
    // A boolean may be an int8 in another's terms; an int64 that a double cannot hold is text with us.
    assert.equal(Number(ours), Number(theirs), file)
  } else assert.deepEqual(ours, theirs, file)
}

function bytesOf(base64: unknown): Buffer | null {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null
}
