/** A range of versions, both ends included; empty when `from > to`. */
export interface Versions {
  readonly from: number
  readonly to: number
}

export const noVersions: Versions = { from: 0, to: -1 }

/** `none`, `3`, `1-4` or `2+`. */
export function parseVersions(text: string | undefined): Versions {
  if (text === undefined || text === 'none') return noVersions
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new Error(`${JSON.stringify(text)} is not a range of versions`)
  const from = Number(match[1])
  return { from, to: match[2] ? Infinity : match[3] ? Number(match[3]) : from }
}

export function isEmpty({ from, to }: Versions): boolean {
  return from > to
}

export function has(range: Versions, version: number): boolean {
  return version >= range.from && version <= range.to
}

export function intersect(a: Versions, b: Versions): Versions {
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from > to ? noVersions : { from, to }
}

/** The smallest range that covers both. */
export function hull(a: Versions, b: Versions): Versions {
  if (isEmpty(a)) return b
  if (isEmpty(b)) return a
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

export function covers(outer: Versions, inner: Versions): boolean {
  return isEmpty(inner) || (outer.from <= inner.from && outer.to >= inner.to)
}

/** What is in `a` and not in `b`; the definitions never ask for a hole in the middle. */
export function without(a: Versions, b: Versions): Versions {
  const common = intersect(a, b)
  if (isEmpty(common)) return a
  if (covers(b, a)) return noVersions
  if (common.from === a.from) return { from: common.to + 1, to: a.to }
  if (common.to === a.to) return { from: a.from, to: common.from - 1 }
  throw new Error('a range of versions with a hole')
}

export function list({ from, to }: Versions): number[] {
  const versions: number[] = []
  for (let version = from; version <= to; version++) versions.push(version)
  return versions
}

/** A condition on `version`, known to be within `known`; a boolean where nothing is to ask. */
export function condition(range: Versions, known: Versions): string | boolean {
  const common = intersect(range, known)
  if (isEmpty(common)) return false
  if (covers(range, known)) return true
  if (common.from === common.to && known.from < common.from && known.to > common.to) {
    return `version === ${common.from}`
  }
  const parts: string[] = []
  if (common.from > known.from) parts.push(`version >= ${common.from}`)
  if (common.to < known.to) parts.push(`version <= ${common.to}`)
  return parts.join(' && ')
}

/** A condition that `version`, within `known`, is not in the range; false where it always is. */
export function absence(range: Versions, known: Versions): string | boolean {
  const common = intersect(range, known)
  if (isEmpty(common)) return true
  const parts: string[] = []
  if (common.from > known.from) parts.push(`version < ${common.from}`)
  if (common.to < known.to) parts.push(`version > ${common.to}`)
  if (parts.length === 0) return false
  return parts.length === 1 ? parts[0]! : `(${parts.join(' || ')})`
}

/** An expression that is `yes` where the condition holds and `no` elsewhere. */
export function choice(when: string | boolean, yes: string, no: string): string {
  if (when === true || yes === no) return yes
  if (when === false) return no
  return `${when} ? ${yes} : ${no}`
}
