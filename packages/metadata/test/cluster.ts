import { simulation } from '@ottla/runtime/simulated'
import type { SimulatedRuntime, Simulation } from '@ottla/runtime/simulated'
import { assert, silentLogger } from '@ottla/runtime'
import {
  Controller,
  defaultControllerSettings,
  MemoryMetadataLog,
  MetadataLoader,
} from '../src/index.ts'
import type { ConfigRules, ControllerSettings, MetadataStore } from '../src/index.ts'
import { brokerConfigRules } from '../src/controller/broker-config-rules.ts'
import { parseBrokerSettings } from '../src/configs/index.ts'

export const CLUSTER_ID = 'AO_p5oA3RGWrJTf6oByq5w'

/** A controller and a loader over one store, on virtual time. */
export interface TestController {
  readonly controller: Controller
  readonly loader: MetadataLoader
  readonly store: MetadataStore
  close(): Promise<void>
}

export function configRules(): ConfigRules {
  const parsed = parseBrokerSettings([])
  assert('settings' in parsed, 'Kafka has defaults for everything')
  return brokerConfigRules(parsed.settings)
}

interface StartOptions {
  /** Default 1. */
  readonly nodeId?: number
  readonly settings?: Partial<ControllerSettings>
  readonly onFailure?: (error: Error) => void
}

export async function startController(
  runtime: SimulatedRuntime,
  store: MetadataStore,
  { nodeId = 1, settings = {}, onFailure }: StartOptions = {},
): Promise<TestController> {
  const loader = new MetadataLoader({
    store,
    logger: silentLogger,
    onFailure: (error) => {
      throw error
    },
  })
  await loader.start()
  const controller = new Controller({
    nodeId,
    clusterId: CLUSTER_ID,
    store,
    loader,
    settings: { ...defaultControllerSettings, ...settings },
    configs: configRules(),
    clock: runtime.clock,
    random: runtime.random,
    logger: silentLogger,
    ...(onFailure === undefined ? {} : { onFailure }),
  })
  controller.start()
  await controller.whenActive()
  return {
    controller,
    loader,
    store,
    close: async () => {
      await controller.close()
      await loader.close()
      await store.close()
    },
  }
}

/** Runs `body` with a fresh controller over a store in memory. */
export function withController(
  body: (
    cluster: TestController & { readonly world: Simulation; readonly runtime: SimulatedRuntime },
  ) => Promise<void>,
  settings: Partial<ControllerSettings> = {},
): () => Promise<void> {
  return async () => {
    const world = simulation()
    const runtime = world.node('n1')
    await world.run(async () => {
      const log = new MemoryMetadataLog(runtime.clock)
      const cluster = await startController(runtime, log.open(), { settings })
      await body({ ...cluster, world, runtime })
      await cluster.close()
    })
  }
}
