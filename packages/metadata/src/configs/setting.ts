/** Kafka's types of settings (ConfigDef.Type), in lower case. */
export type SettingType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

/**
 * A setting's value as code uses it. A long beyond 2^53 is its nearest number: nothing that is
 * compared or counted needs the difference; its exact text is kept beside it where it is shown.
 */
export type SettingValue = number | boolean | string | readonly string[] | null

export type Importance = 'high' | 'medium' | 'low'

/** Whether AlterConfigs may change a broker's setting while it runs, and for whom. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/** What a value must be like; an absent rule asks nothing. */
export interface Validity {
  readonly min?: number
  readonly max?: number
  /** Allowed although outside of min and max. */
  readonly also?: number
  readonly oneOf?: readonly string[]
  readonly ignoreCase?: boolean
  /** What every element of a list must be. */
  readonly eachOf?: readonly string[]
  readonly isNonEmpty?: boolean
  /** A form with a name: see `forms` in validate.ts. */
  readonly form?: string
}

/** Another name for the same thing; its value times `factor` is in the unit of the first. */
export interface Synonym {
  readonly name: string
  readonly factor: number
}

/** One setting: the row that parsing, validation, DescribeConfigs and docs/configs.md read. */
export interface Setting {
  readonly name: string
  readonly type: SettingType
  /** Kafka's text of the default; null is "not set". */
  readonly defaultText: string | null
  readonly valid: Validity
  readonly importance: Importance
  /** Kafka hides internal settings from docs and DescribeConfigs. */
  readonly isInternal: boolean
  /** Whether Ottla does what the setting says; the others are checked, kept and described only. */
  readonly isActedOn: boolean
  /** Of a broker's setting; 'cluster-wide' for all others. */
  readonly updateMode: UpdateMode
  /** Of a topic's or group's setting: the broker settings that give its default, first wins. */
  readonly brokerSynonyms: readonly Synonym[]
  readonly doc: string
}

const units: readonly (readonly [string, string])[] = [
  ['.ms', 'milliseconds'],
  ['.millis', 'milliseconds'],
  ['.secs', 'seconds'],
  ['.seconds', 'seconds'],
  ['.minutes', 'minutes'],
  ['.hours', 'hours'],
  ['.bytes.per.second', 'bytes a second'],
  ['.bytes', 'bytes'],
  ['.in.bytes', 'bytes'],
  ['.buffer.size', 'bytes'],
]

/** What a number of this setting counts, as its name says; null when it is a plain number. */
export function unitOf(setting: Setting): string | null {
  if (!['int', 'short', 'long', 'double'].includes(setting.type)) return null
  return units.find(([suffix]) => setting.name.endsWith(suffix))?.[1] ?? null
}
