import type { SegmentList } from './segment-list.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** Whether any transaction index must be read to know what was aborted in `[fromOffset, endOffset)`. */
export function mayHaveAborted(
  segments: SegmentList,
  fromOffset: number,
  endOffset: number,
): boolean {
  if (fromOffset >= endOffset) return false
  const { all } = segments
  for (let index = Math.max(0, segments.floorIndex(fromOffset)); index < all.length; index++) {
    if (all[index]!.txnIndex.mayReach(fromOffset)) return true
  }
  return false
}

/**
 * The aborted transactions with records or their marker in `[fromOffset, endOffset)`, in the order of
 * their markers. A marker may be segments later than what it aborts: the search ends with an entry
 * whose last stable offset says that all before `endOffset` was decided by then.
 */
export async function abortedTransactions(
  segments: SegmentList,
  fromOffset: number,
  endOffset: number,
): Promise<readonly AbortedTransaction[]> {
  const found: AbortedTransaction[] = []
  for (const { txnIndex } of segments.all.slice(Math.max(0, segments.floorIndex(fromOffset)))) {
    if (await txnIndex.collect(fromOffset, endOffset, found)) break
  }
  return found
}
