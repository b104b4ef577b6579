/**
 * The features that clients are told of, with the levels that this broker can run with.
 *
 * A client chooses by this list what it does: the newer group protocols and transactions V2 join it
 * when they are served.
 */
export const servedFeatures: readonly { name: string; min: number; max: number }[] = [
  { name: 'metadata.version', min: 7, max: 30 },
]
