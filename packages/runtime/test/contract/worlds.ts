import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Runtime } from '@ottla/runtime'
import { silentLogger } from '@ottla/runtime'
import { nodeRuntime } from '@ottla/runtime/node'
import { simulation } from '@ottla/runtime/simulated'

/** What a contract's test is given: two machines (which may be one) and a place for files. */
export interface World {
  readonly here: Runtime
  readonly there: Runtime
  /** Where `here` reaches `there`. */
  readonly thereHost: string
  /** An empty directory on `here`. */
  readonly directory: string
}

const seeds = [1, 2, 3, 4, 5]

/** One test, run in the real world and in simulated ones of several seeds. */
export function contract(name: string, body: (world: World) => Promise<void>): void {
  test(`${name} (node)`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ottla-runtime-'))
    const runtime = nodeRuntime({ logger: silentLogger })
    try {
      await body({ here: runtime, there: runtime, thereHost: '127.0.0.1', directory })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
  for (const seed of seeds) {
    test(`${name} (simulated, seed ${seed})`, async () => {
      const world = simulation({ seed })
      await world.run(async () => {
        const here = world.node('here')
        here.disk.makeDirectory('/data')
        await body({ here, there: world.node('there'), thereHost: 'there', directory: '/data' })
      })
    })
  }
}
