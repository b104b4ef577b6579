import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Health } from './health.ts'
import type { Logger } from './log.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

/** The whole world outside, handed to whatever makes a broker or a client. */
export interface Runtime {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
  readonly logger: Logger
  readonly health: Health
}
