import type { Setting, SettingValue, Validity } from './setting.ts'

/** A form that some lists have, with Kafka's refusal; `describe` says it in a sentence. */
interface Form {
  readonly describe: string
  refuse(name: string, elements: readonly string[]): string | null
}

const forms: Readonly<Record<string, Form>> = {
  replicas: {
    describe: '`*`, or a list of partition:broker',
    refuse(name, elements) {
      const isWildcard = elements.length === 1 && elements[0] === '*'
      if (isWildcard || elements.every((element) => /^[0-9]+:[0-9]+$/.test(element))) return null
      return (
        `Invalid value [${elements.join(', ')}] for configuration ${name}: ${name} must be the ` +
        "literal '*' or a list of replicas in the following format: " +
        '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
      )
    },
  },
  servers: {
    describe: 'a list of host:port',
    refuse: everyElement(/^(\[[^\]]+\]|[^:@]+):\d+$/, 'host:port'),
  },
  voters: {
    describe: 'a list of id@host:port',
    refuse: everyElement(/^\d+@(\[[^\]]+\]|[^:@]+):\d+$/, 'id@host:port'),
  },
  address: {
    describe: 'host:port, such as 127.0.0.1:9464',
    refuse: () => null,
  },
  'offset reset': {
    describe: '`earliest`, `latest` or `by_duration:` and an ISO 8601 duration such as PT1H',
    refuse: () => null,
  },
}

function everyElement(pattern: RegExp, form: string): Form['refuse'] {
  return (name, elements) => {
    const wrong = elements.find((element) => !pattern.test(element))
    if (wrong === undefined) return null
    return `Invalid value ${wrong} for configuration ${name}: each entry must be in the form ${form}`
  }
}

/** Kafka's message when a parsed value breaks its setting's rules, otherwise null. */
export function invalid(
  { name, valid, type }: Setting,
  value: SettingValue,
  text: string,
): string | null {
  if (valid.form !== undefined && Array.isArray(value)) {
    return forms[valid.form]?.refuse(name, value) ?? null
  }
  if (Array.isArray(value)) return invalidList(name, valid, value as readonly string[])
  const shown = type === 'password' ? '[hidden]' : text
  const reason = typeof value === 'number' ? outOfRange(valid, value) : refusedText(valid, text)
  return reason === null ? null : `Invalid value ${shown} for configuration ${name}: ${reason}`
}

function invalidList(name: string, valid: Validity, elements: readonly string[]): string | null {
  if (elements.length === 0) {
    return valid.isNonEmpty === true ? `Configuration '${name}' must not be empty.` : null
  }
  if (elements.includes('')) return `Configuration '${name}' values must not be empty.`
  const allowed = valid.eachOf
  const wrong = allowed && elements.find((element) => !allowed.includes(element))
  if (allowed === undefined || wrong === undefined) return null
  return (
    `Invalid value ${wrong} for configuration ${name}: ` +
    `String must be one of: ${allowed.join(', ')}`
  )
}

function outOfRange(valid: Validity, value: number): string | null {
  const { min, max, also } = valid
  if (also !== undefined) {
    const isInside = (min ?? -Infinity) <= value && value <= (max ?? Infinity)
    if (isInside || value === also) return null
    return `Value must be between ${min} and ${max} or equal to ${also}`
  }
  if (min !== undefined && value < min) return `Value must be at least ${min}`
  if (max !== undefined && value > max) return `Value must be no more than ${max}`
  return null
}

function refusedText(valid: Validity, value: string): string | null {
  if (valid.isNonEmpty === true && value === '') return 'String must be non-empty'
  if (valid.form === 'offset reset' && !/^(earliest|latest|by_duration:P.+)$/.test(value)) {
    return `must be ${forms[valid.form]?.describe}`
  }
  if (valid.form === 'address' && !/^(\[[^\]]+\]|[^:[\]\s]+):\d{1,5}$/.test(value)) {
    return 'must be host:port'
  }
  const { oneOf } = valid
  if (oneOf === undefined) return null
  if (valid.ignoreCase === true) {
    if (oneOf.some((allowed) => allowed.toUpperCase() === value.toUpperCase())) return null
    return `String must be one of (case insensitive): ${oneOf.join(', ')}`
  }
  return oneOf.includes(value) ? null : `String must be one of: ${oneOf.join(', ')}`
}

/** What a setting's rules allow, in words; null when anything of its type. */
export function describeValidity({ valid }: Setting): string | null {
  const rules: string[] = []
  const { min, max, also } = valid
  if (min !== undefined && max !== undefined) rules.push(`${min} to ${max}`)
  else if (min !== undefined) rules.push(`at least ${min}`)
  else if (max !== undefined) rules.push(`at most ${max}`)
  if (also !== undefined) rules.push(`or ${also}`)
  if (valid.oneOf !== undefined) rules.push(`one of ${valid.oneOf.join(', ')}`)
  if (valid.eachOf !== undefined) rules.push(`a list of ${valid.eachOf.join(', ')}`)
  if (valid.form !== undefined) rules.push(forms[valid.form]?.describe ?? valid.form)
  if (valid.isNonEmpty === true) rules.push('not empty')
  return rules.length === 0 ? null : rules.join(' ')
}
