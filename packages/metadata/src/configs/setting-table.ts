import { assert } from '@ottla/runtime'
import type { Importance, Setting, SettingType, Synonym, UpdateMode, Validity } from './setting.ts'

/**
 * A table of settings as text, one row a line:
 *
 *   name | type | default | valid | importance and flags | update mode or broker synonyms | doc
 *
 *   default   `~` is null (not set); else Kafka's text, which may be empty
 *   valid     rules separated by `; `: `1..9`, `0..`, `also -1`, `one of a, b`, `any case of a, b`,
 *             `each of a, b`, `not empty`, `form replicas`
 *   flags     `internal`, and `acts` when Ottla does what the setting says
 *   synonyms  `log.retention.ms, log.retention.minutes*60000`
 *
 * Text, because a row then is a line that a reader can scan, and because a table costs nothing
 * before it is first read.
 */
export class SettingTable {
  readonly #text: string
  #settings: ReadonlyMap<string, Setting> | undefined

  constructor(...texts: readonly string[]) {
    this.#text = texts.join('\n')
  }

  /** Every setting in the table's order, by name. */
  get all(): ReadonlyMap<string, Setting> {
    return (this.#settings ??= readRows(this.#text))
  }

  get(name: string): Setting | undefined {
    return this.all.get(name)
  }
}

function readRows(text: string): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const setting = readRow(line)
    assert(!settings.has(setting.name), 'a setting has one row')
    settings.set(setting.name, setting)
  }
  return settings
}

function readRow(line: string): Setting {
  const cells = line.split('|').map((cell) => cell.trim())
  assert(cells.length === 7, 'a row of a settings table has seven cells')
  const [name, type, defaultText, valid, flags, last, doc] = cells as [
    string,
    SettingType,
    string,
    string,
    string,
    string,
    string,
  ]
  const [importance, ...marks] = flags.split(' ')
  const isMode = last === 'read-only' || last === 'per-broker' || last === 'cluster-wide'
  return {
    name,
    type,
    defaultText: defaultText === '~' ? null : defaultText,
    valid: readValidity(valid),
    importance: importance as Importance,
    isInternal: marks.includes('internal'),
    isActedOn: marks.includes('acts'),
    updateMode: isMode ? (last satisfies UpdateMode) : 'cluster-wide',
    brokerSynonyms: isMode || last === '' ? [] : last.split(', ').map(readSynonym),
    doc,
  }
}

function readSynonym(text: string): Synonym {
  const [name = '', factor = '1'] = text.split('*')
  return { name, factor: Number(factor) }
}

function readValidity(text: string): Validity {
  let valid: Validity = {}
  if (text === '') return valid
  for (const rule of text.split('; ')) valid = { ...valid, ...readRule(rule) }
  return valid
}

function readRule(rule: string): Validity {
  const range = /^(-?[\d.]+?)\.\.(-?[\d.]+)?$/.exec(rule)
  if (range !== null) {
    const [, min, max] = range
    return max === undefined ? { min: Number(min) } : { min: Number(min), max: Number(max) }
  }
  if (rule === 'not empty') return { isNonEmpty: true }
  if (rule.startsWith('also ')) return { also: Number(rule.slice(5)) }
  if (rule.startsWith('form ')) return { form: rule.slice(5) }
  if (rule.startsWith('one of ')) return { oneOf: rule.slice(7).split(', ') }
  if (rule.startsWith('each of ')) return { eachOf: rule.slice(8).split(', ') }
  assert(rule.startsWith('any case of '), 'every rule of a settings table is known')
  return { oneOf: rule.slice(12).split(', '), ignoreCase: true }
}
