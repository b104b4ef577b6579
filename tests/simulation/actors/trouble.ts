import { BROKER_HOST } from '../simulated-broker.ts'
import type { World } from '../world.ts'

const clientHosts = [
  'writer-1',
  'writer-2',
  'reader-1',
  'reader-2',
  'reader-3',
  'watcher',
  'keeper',
]

/** What the world does to those who live in it, one thing after the other, until it ends. */
export async function makeTrouble(world: World, forMs: number): Promise<void> {
  const end = world.simulation.time + forMs
  while (world.simulation.time < end) {
    await world.pause(200, 6_000)
    await world.pick(troubles)(world)
  }
  world.simulation.network.heal()
  world.simulation.medium(BROKER_HOST).delayMs = [0.05, 0.5]
  for (const host of clientHosts) {
    world.simulation.network.link(host, BROKER_HOST).conditions = {
      delayMs: [0.02, 0.3],
      cutRate: 0.3,
    }
  }
}

const troubles: readonly ((world: World) => Promise<void>)[] = [
  killBroker,
  killBroker,
  crashBroker,
  crashBroker,
  killInMidStart,
  restartBroker,
  slowLink,
  slowDisk,
  slowDisk,
  cutLink,
  resetConnections,
]

async function killBroker(world: World): Promise<void> {
  world.broker.kill()
  await world.pause(0, 3_000)
  world.broker.start()
  await world.broker.started()
}

async function crashBroker(world: World): Promise<void> {
  if (world.promises === 'written') return killBroker(world)
  world.broker.crash(world.pick(['all', 'some']))
  await world.pause(0, 3_000)
  world.broker.start()
  await world.broker.started()
}

/** Starting is when recovery writes: it must stand being broken off as often as need be. */
async function killInMidStart(world: World): Promise<void> {
  world.broker.kill()
  const times = 1 + world.random.int(3)
  for (let time = 0; time < times; time++) {
    world.broker.start()
    await world.pause(0, 40)
    if (world.promises !== 'written' && world.random.int(2) === 0) world.broker.crash('some')
    else world.broker.kill()
  }
  world.broker.start()
  await world.broker.started()
}

async function restartBroker(world: World): Promise<void> {
  await world.broker.stop()
  await world.pause(0, 1_000)
  world.broker.start()
  await world.broker.started()
}

async function slowLink(world: World): Promise<void> {
  const link = world.simulation.network.link(world.pick(clientHosts), BROKER_HOST)
  link.conditions = { delayMs: [0.02, world.random.int(800) + 1], cutRate: 0.5 }
}

/** What is acknowledged as synced, or shown to consumers, too early, is found out by a slow disk. */
async function slowDisk(world: World): Promise<void> {
  world.simulation.medium(BROKER_HOST).delayMs = [0.05, 1 + world.random.int(100)]
}

/** Nothing arrives for a while and nobody is told; then what was under way does. */
async function cutLink(world: World): Promise<void> {
  const host = world.pick(clientHosts)
  const link = world.simulation.network.link(host, BROKER_HOST)
  link.cut()
  await world.pause(10, 20_000)
  link.heal()
}

async function resetConnections(world: World): Promise<void> {
  world.simulation.network.link(world.pick(clientHosts), BROKER_HOST).resetAll()
}
