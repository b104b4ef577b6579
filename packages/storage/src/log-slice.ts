/** Whole batches, ready to be sent. */
export interface LogSlice {
  /**
   * The batches' bytes in order, split anywhere between batches. Read-only, and valid until `release`.
   * Empty when there is nothing to read.
   */
  readonly records: readonly Buffer[]
  readonly sizeBytes: number
  /** The offset after the last batch, or the one that was asked for when there is none. */
  readonly nextOffset: number

  /**
   * Says that the bytes are no longer needed (they are on the socket), so that their memory can be used
   * again. Harmless twice; forgetting it costs speed, not correctness.
   */
  release(): void
}

export function emptySlice(nextOffset: number): LogSlice {
  return { records: [], sizeBytes: 0, nextOffset, release: doNothing }
}

function doNothing(): void {}
