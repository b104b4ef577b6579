import type { Clock } from '@ottla/runtime'

/** Some milliseconds of work about groups. */
const SLICE_ITEMS = 100

/**
 * Works through a long list, some items at a time, so that others are served in between.
 *
 * @param work Gets up to 100 items; its results are joined in order.
 */
export async function inSlices<Item, Result>(
  clock: Clock,
  items: readonly Item[],
  work: (slice: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += SLICE_ITEMS) {
    if (at > 0) await new Promise<void>((turn) => clock.defer(turn))
    results.push(...(await work(items.slice(at, at + SLICE_ITEMS))))
  }
  return results
}
