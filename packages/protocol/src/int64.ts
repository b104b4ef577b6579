/** An int64 as decoded messages hold it: a number when that is exact, otherwise a bigint. Writers take both. */
export type Int64 = number | bigint

/**
 * The nearest int64 to a number that may have been rounded, or lie beyond what a writer takes as a number:
 * a timestamp in nanoseconds, an id that nobody gave out.
 */
export function nearestInt64(value: number): Int64 {
  if (Number.isSafeInteger(value)) return value
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value)
}
