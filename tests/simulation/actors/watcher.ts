import { offsetOf } from '@ottla/client'
import { LETTERS, LETTERS_PARTITIONS } from '../topics.ts'
import type { World } from '../world.ts'

/** Asks again and again where the partitions end. */
export async function watch(world: World): Promise<void> {
  const client = world.client('watcher')
  while (!world.isEnding) {
    const partition = world.random.int(LETTERS_PARTITIONS)
    const offset = await offsetOf(client.cluster, { topic: LETTERS, partition }, 'latest')
    const timeMs = world.simulation.time
    world.history.watermarks.push({ topic: LETTERS, partition, offset, timeMs })
    await world.pause(1, 200)
  }
  await client.close()
}
