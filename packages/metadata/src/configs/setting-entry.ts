import { closestName } from './closest-name.ts'
import { isPlugInName, isRemovedName } from './known-names.ts'
import { type ParsedValue, parseValue } from './parse-value.ts'
import type { Setting } from './setting.ts'
import { brokerSettingTable } from './tables.ts'
import { describeValidity } from './validate.ts'

/** A setting as somebody gave it. */
export interface SettingEntry {
  readonly name: string
  readonly value: string
  /** Where it stands, for messages: `server.properties:12`, `KAFKA_LOG_DIRS`, `--set`. */
  readonly where: string
  /**
   * An unknown name is a warning only. For the environment, where KAFKA_ may begin anybody's
   * variable (an orchestrator's KAFKA_SERVICE_HOST); a near miss of a known name still is an error.
   */
  readonly isUnknownHarmless?: boolean
}

/** The entries that won, parsed, and what is wrong with the others, in sentences for a person. */
export interface ReadEntries {
  readonly values: ReadonlyMap<string, ParsedValue>
  /** All names and texts that are kept, plug-ins' included. */
  readonly given: ReadonlyMap<string, string>
  readonly wheres: ReadonlyMap<string, string>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads entries in order: of two with the same name the later one wins. */
export function readEntries(entries: readonly SettingEntry[]): ReadEntries {
  const last = new Map(entries.map((entry) => [entry.name, entry]))
  const read = {
    values: new Map<string, ParsedValue>(),
    given: new Map<string, string>(),
    wheres: new Map<string, string>(),
    problems: [] as string[],
    warnings: [] as string[],
  }
  for (const entry of last.values()) {
    const setting = brokerSettingTable.get(entry.name)
    if (setting === undefined) {
      readUnknown(entry, read)
      continue
    }
    const parsed = parseValue(setting, entry.value)
    if ('refusal' in parsed) {
      read.problems.push(describeRefusal(setting, entry, parsed.refusal))
      continue
    }
    read.values.set(entry.name, parsed)
    read.given.set(entry.name, entry.value)
    read.wheres.set(entry.name, entry.where)
  }
  return read
}

function readUnknown(
  { name, value, where, isUnknownHarmless }: SettingEntry,
  read: { given: Map<string, string>; problems: string[]; warnings: string[] },
): void {
  if (isPlugInName(name)) {
    read.given.set(name, value)
    return
  }
  if (isRemovedName(name)) {
    read.warnings.push(`${name} (${where}) has no effect: Kafka 4 no longer has this setting`)
    return
  }
  const meant = closestName(name, brokerSettingTable.all.keys())
  if (meant === null && isUnknownHarmless === true) {
    read.warnings.push(`${where} is ignored: there is no setting ${name}`)
    return
  }
  const hint = meant === null ? 'docs/configs.md lists all settings' : `did you mean ${meant}?`
  read.problems.push(`${name} (${where}): unknown setting; ${hint}`)
}

function describeRefusal(
  setting: Setting,
  { where, value }: SettingEntry,
  refusal: string,
): string {
  const reason = refusal.replace(/^Invalid value .* for configuration [^ ]+: /s, '')
  const shown = setting.type === 'password' ? '[hidden]' : JSON.stringify(value)
  const valid = describeValidity(setting)
  const wanted = valid === null ? typeInWords(setting) : `${typeInWords(setting)}, ${valid}`
  return `${setting.name} = ${shown} (${where}): ${reason}; valid: ${wanted}`
}

function typeInWords({ type: kind }: Setting): string {
  switch (kind) {
    case 'boolean':
      return 'true or false'
    case 'int':
    case 'long':
    case 'short':
      return `a whole number (${kind})`
    case 'double':
      return 'a number'
    case 'list':
      return 'a comma-separated list'
    case 'class':
      return 'a class name'
    case 'string':
    case 'password':
      return 'a text'
    default:
      kind satisfies never
      return kind
  }
}
