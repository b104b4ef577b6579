import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Runtime } from '@ottla/runtime'
import { silentLogger } from '@ottla/runtime'
import { NodeNetwork, nodeRuntime } from '@ottla/runtime/node'
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

function inNode(name: string, runtime: Runtime, body: (world: World) => Promise<void>): void {
  test(name, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ottla-runtime-'))
    try {
      await body({ here: runtime, there: runtime, thereHost: '127.0.0.1', directory })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
}

/** A contract of the network also holds where Node reads into a fresh buffer each time. */
export function networkContract(name: string, body: (world: World) => Promise<void>): void {
  contract(name, body)
  const network = new NodeNetwork({ sharesReadBuffer: false })
  inNode(
    `${name} (node, fresh buffers)`,
    { ...nodeRuntime({ logger: silentLogger }), network },
    body,
  )
}

/** One test, run in the real world and in simulated ones of several seeds. */
export function contract(name: string, body: (world: World) => Promise<void>): void {
  inNode(`${name} (node)`, nodeRuntime({ logger: silentLogger }), body)
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
