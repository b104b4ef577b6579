const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * Milliseconds of `90s`, `1h30m`, `2d` or ISO 8601's `PT1H30M`, `P2D`; null when it is none of these.
 * Units: ms s m h d w.
 */
export function parseDuration(text: string): number | null {
  const iso =
    /^P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
  const match = iso.exec(text)
  if (match !== null) {
    const [, w = 0, d = 0, h = 0, m = 0, s = 0] = match
    return sum({ w, d, h, m, s })
  }
  if (!/^(?:\d+(?:ms|s|m|h|d|w))+$/.test(text)) return null
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) {
    total += Number(count) * units[unit as keyof typeof units]
  }
  return total
}

function sum(counts: Partial<Record<keyof typeof units, string | number>>): number {
  return Object.entries(counts).reduce(
    (total, [unit, count]) => total + Number(count) * units[unit as keyof typeof units],
    0,
  )
}
