import type { Logger } from '../log.ts'
import type { Runtime } from '../runtime.ts'
import { lineLogger } from './line-logger.ts'
import { NodeClock } from './node-clock.ts'
import { NodeDisk } from './node-disk.ts'
import { NodeHealth } from './node-health.ts'
import { NodeNetwork } from './node-network.ts'
import { NodeRandom } from './node-random.ts'

export interface NodeRuntimeOptions {
  /** Default: lines for people on standard error, from level 'info'. */
  readonly logger?: Logger
}

/** The real world. */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  return {
    clock: new NodeClock(),
    random: new NodeRandom(),
    network: new NodeNetwork(),
    disk: new NodeDisk(),
    logger: options.logger ?? lineLogger(),
    health: new NodeHealth(),
  }
}
