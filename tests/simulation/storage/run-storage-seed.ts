import { StorageWorld } from './storage-world.ts'

/** How often the machine's process starts in one world. */
const LIVES = 6

export interface StorageRun {
  readonly seed: number
  /** SHA-256 of all that happened. */
  readonly hash: string
  /** Records that were appended. */
  readonly recordCount: number
  readonly virtualMs: number
}

/** A storage world that broke a promise, and how to see it again. */
export class StorageFailure extends Error {
  override readonly name: string = 'StorageFailure'

  constructor(seed: number, world: StorageWorld, cause: unknown) {
    const { stack = String(cause) } = cause as Error
    const lines = [
      `storage seed ${seed}: ${stack}`,
      ...world.story.slice(-40).map((line) => `  ${line}`),
      `again: npm run simulate -- --world storage --seed ${seed}`,
    ]
    super(lines.join('\n'), { cause })
  }
}

/**
 * Lives through one world of logs.
 * @throws {StorageFailure}
 */
export async function runStorageSeed(seed: number): Promise<StorageRun> {
  const world = new StorageWorld(seed)
  try {
    for (let life = 0; life < LIVES; life++) await world.live()
    await world.last()
  } catch (error) {
    throw new StorageFailure(seed, world, error)
  }
  const { trace, time } = world.simulation
  return { seed, hash: trace.hash, recordCount: world.appends, virtualMs: time }
}
