import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { encodeBatch } from '@ottla/records'
import type { BatchInput, RecordInput } from '@ottla/records'
import type { Clock, Disk, Random } from '@ottla/runtime'
import { silentLogger } from '@ottla/runtime'
import { NodeClock, NodeDisk, NodeRandom } from '@ottla/runtime/node'
import type { Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import type { LogOptions } from '../src/log-options.ts'
import { Log } from '../src/log.ts'
import type { LogConfig } from '../src/log-config.ts'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogSlice } from '../src/log-slice.ts'
import type { StorageResources, StorageResourcesOptions } from '../src/resources.ts'
import { createStorageResources } from '../src/resources.ts'

/** A place to keep logs: a temporary folder, or a simulated disk. */
export interface World {
  readonly clock: Clock
  readonly disk: Disk
  readonly random: Random
  readonly root: string
  /** Runs a test's body in this world's time. */
  run(body: () => Promise<void>): Promise<void>
  resources(options?: Partial<StorageResourcesOptions>): StorageResources
}

export function realWorld(test: TestContext): World {
  const root = mkdtempSync(join(tmpdir(), 'ottla-storage-'))
  test.after(() => rmSync(root, { recursive: true, force: true }))
  return worldOf(new NodeClock(), new NodeDisk(), new NodeRandom(), root, (body) => body())
}

export function simulatedWorld(): World {
  return worldOn(simulation())
}

/** The process that now runs on the simulated machine 'a'. */
export function worldOn(sim: Simulation): World {
  const { clock, disk, random } = sim.node('a')
  return worldOf(clock, disk, random, '/data', (body) => sim.run(body))
}

function worldOf(
  clock: Clock,
  disk: Disk,
  random: Random,
  root: string,
  run: (body: () => Promise<void>) => Promise<void>,
): World {
  return {
    clock,
    disk,
    random,
    root,
    run,
    resources: (options = {}) =>
      createStorageResources({ clock, disk, random, logger: silentLogger, ...options }),
  }
}

/** A test that runs on the real and on the simulated disk. */
export function testOnBoth(name: string, body: (world: World) => Promise<void>): void {
  test(`${name}, on a real disk`, async (context) => {
    await body(realWorld(context))
  })
  test(`${name}, on a simulated disk`, async () => {
    const world = simulatedWorld()
    await world.run(() => body(world))
  })
}

export async function openLog(
  world: World,
  options: Partial<Omit<LogOptions, 'config'>> & { readonly config?: Partial<LogConfig> } = {},
): Promise<Log> {
  const { config, ...rest } = options
  return await Log.open({
    resources: options.resources ?? world.resources(),
    directory: `${world.root}/orders-0`,
    topic: 'orders',
    partition: 0,
    // Test records are of 1970.
    producerIdExpirationMs: Infinity,
    ...rest,
    config: { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity, ...config },
  })
}

export function batchOf(
  records: readonly (Partial<RecordInput> | string)[],
  input: Partial<BatchInput> = {},
): Buffer {
  return encodeBatch({
    ...input,
    records: records.map((record) => ({
      timestamp: 1_000,
      key: null,
      value: typeof record === 'string' ? Buffer.from(record) : Buffer.from('value'),
      ...(typeof record === 'string' ? {} : record),
    })),
  })
}

/** Appends as a client does. */
export function append(log: Log, batch: Buffer, leaderEpoch: number = 0): number {
  return log.appendAsLeader(batch, { leaderEpoch, origin: 'client' }).baseOffset
}

export async function readAll(log: Log, from: number, maxBytes: number = 1 << 20): Promise<Buffer> {
  const pieces: Buffer[] = []
  let offset = from
  while (offset < log.logEndOffset) {
    const slice = await log.read({ offset, maxBytes, endOffset: Infinity, minOneBatch: true })
    pieces.push(bytesOf(slice))
    if (slice.nextOffset === offset) break
    offset = slice.nextOffset
    slice.release()
  }
  return Buffer.concat(pieces)
}

export function bytesOf(slice: LogSlice): Buffer {
  return Buffer.concat(slice.records)
}
