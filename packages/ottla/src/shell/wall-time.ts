/* oxlint-disable eslint/no-restricted-globals -- dates as people write them; what time it is, the Clock says */

/** What to say of a text that is no time. */
export const timeForms = 'give a time, as in 2026-08-01T12:00:00Z, or milliseconds since 1970'

/**
 * Milliseconds since the epoch of `2026-08-01T12:00:00Z`, `2026-08-01 12:00` or `2026-08-01`, in UTC where
 * no zone is given, or of such milliseconds; null when it is neither.
 */
export function parseTime(text: string): number | null {
  if (/^\d{11,15}$/.test(text)) return Number(text)
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
  if (match === null) return null
  const [, day, time = '00:00', zone = 'Z'] = match
  const ms = Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(ms) ? null : ms
}

/** As `2026-08-01T12:00:00.000Z`; null for -1, which stands for no time. */
export function formatTime(timestampMs: number): string | null {
  return timestampMs < 0 ? null : new Date(timestampMs).toISOString()
}
