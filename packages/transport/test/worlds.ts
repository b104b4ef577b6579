import { test } from 'node:test'
import { type Runtime, silentLogger } from '@ottla/runtime'
import { nodeRuntime } from '@ottla/runtime/node'
import { simulation } from '@ottla/runtime/simulated'

/** Two machines, which in the real world are one. */
export interface World {
  readonly here: Runtime
  readonly there: Runtime
  /** Where `here` reaches `there`. */
  readonly thereHost: string
  /** Closes what a failed test would leave open, and its process waiting for. */
  readonly leftOpen?: (() => void)[]
}

const seeds = [1, 2, 3]

/** One test, over real sockets and in simulated worlds of several seeds. */
export function inWorlds(name: string, body: (world: World) => Promise<void>): void {
  test(`${name} (node)`, async () => {
    const runtime = nodeRuntime({ logger: silentLogger })
    const leftOpen: (() => void)[] = []
    try {
      await body({ here: runtime, there: runtime, thereHost: '127.0.0.1', leftOpen })
    } finally {
      for (const close of leftOpen) close()
    }
  })
  for (const seed of seeds) {
    test(`${name} (simulated, seed ${seed})`, async () => {
      const world = simulation({ seed })
      const here = world.node('here')
      await world.run(() => body({ here, there: world.node('there'), thereHost: 'there' }))
    })
  }
}
