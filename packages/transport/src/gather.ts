/** Buffers below this are copied together: cheaper than a chunk of their own in a gathered write. */
const COPY_BELOW_BYTES = 4096

/**
 * The same bytes in fewer buffers: neighbours that are small are copied into one, large ones stay as
 * they are. A hundred small answers so are one write of one buffer.
 */
export function gather(buffers: readonly Buffer[]): readonly Buffer[] {
  if (buffers.length === 1) return buffers
  const gathered: Buffer[] = []
  let from = 0
  while (from < buffers.length) {
    let end = from
    let bytes = 0
    while (end < buffers.length && buffers[end]!.length < COPY_BELOW_BYTES) {
      bytes += buffers[end]!.length
      end += 1
    }
    if (end - from < 2) {
      gathered.push(buffers[from]!)
      from += 1
      continue
    }
    const joined = Buffer.allocUnsafe(bytes)
    let at = 0
    for (; from < end; from += 1) at += buffers[from]!.copy(joined, at)
    gathered.push(joined)
  }
  return gathered
}
