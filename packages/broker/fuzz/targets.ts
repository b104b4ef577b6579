import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseBrokerSettings } from '@ottla/metadata'
import type { Clock, Logger, Network, Runtime } from '@ottla/runtime'
import { lineLogger, nodeRuntime } from '@ottla/runtime/node'
import { simulation } from '@ottla/runtime/simulated'
import { Broker } from '../src/index.ts'

/** A broker to send things to, in the simulated world or on real sockets. */
export interface Target {
  readonly network: Network
  readonly clock: Clock
  readonly host: string
  port: number
  /** Starts the broker, on the disk of the one before it. */
  start(): Promise<void>
  stop(): Promise<void>
  /** What went wrong in the broker: own mistakes in its log, and why it stopped by itself. */
  failures(): readonly string[]
  /** Runs `main` in the target's time. */
  run(main: () => Promise<void>): Promise<void>
}

const HOST_SETTINGS: Readonly<Record<string, string>> = {
  'node.id': '1',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '4',
  // Long enough that the innocent stays a member whatever time passes.
  'group.max.session.timeout.ms': '1800000',
}

/** Lines that only a mistake of the broker's writes. */
const MISTAKE = /failed unexpectedly| error |ERROR/

export function simulatedTarget(seed: number): Target {
  const world = simulation({ seed })
  const client = world.node('client')
  const brokerFailures: string[] = []
  let broker: Broker | undefined
  let seen = 0
  return {
    network: client.network,
    clock: client.clock,
    host: 'broker',
    port: 9092,
    async start() {
      broker = await startBroker(world.node('broker'), 'broker', 9092, '/data', brokerFailures)
    },
    async stop() {
      await broker?.close()
    },
    failures() {
      const { entries, count } = world.trace
      const unseen = entries.slice(Math.max(0, entries.length - (count - seen)))
      seen = count
      const mistakes = unseen.map(({ what }) => what).filter((what) => MISTAKE.test(what))
      return [...brokerFailures, ...mistakes]
    },
    run: (main) => world.run(main),
  }
}

export function realTarget(): Target {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-fuzz-'))
  const failures: string[] = []
  const logger: Logger = lineLogger({
    write: (line) => {
      if (MISTAKE.test(line)) failures.push(line)
    },
  })
  const runtime = nodeRuntime({ logger })
  let broker: Broker | undefined
  const target: Target = {
    network: runtime.network,
    clock: runtime.clock,
    host: '127.0.0.1',
    port: 0,
    async start() {
      broker = await startBroker(runtime, '127.0.0.1', 0, join(directory, 'data'), failures)
      target.port = broker.listeners[0]!.port
    },
    async stop() {
      await broker?.close()
    },
    failures: () => failures,
    async run(main) {
      try {
        await main()
      } finally {
        await target.stop()
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
  return target
}

async function startBroker(
  runtime: Runtime,
  host: string,
  port: number,
  directory: string,
  failures: string[],
): Promise<Broker> {
  const entries = Object.entries({
    ...HOST_SETTINGS,
    listeners: `PLAINTEXT://${host}:${port}`,
    'log.dirs': directory,
  })
  const parsed = parseBrokerSettings(
    entries.map(([name, value]) => ({ name, value, where: 'the fuzzer' })),
  )
  if (!('settings' in parsed)) throw new Error(JSON.stringify(parsed))
  return Broker.start({
    runtime,
    settings: parsed.settings,
    onFailure: (error) => failures.push(`the broker stopped: ${error.stack}`),
  })
}
