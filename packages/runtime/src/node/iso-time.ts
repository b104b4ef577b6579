/** The greatest time that a Date can hold, in ms. */
const TIME_MAX_MS = 8.64e15

/** `2026-11-23T19:22:48.123Z` of ms since 1970; the number itself where no date can say it. */
export function isoTime(timestampMs: number): string {
  if (Math.abs(timestampMs) > TIME_MAX_MS) return String(timestampMs)
  return new Date(timestampMs).toISOString()
}
