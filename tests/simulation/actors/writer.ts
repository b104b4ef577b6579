import type { Client, Producer } from '@ottla/client'
import type { World } from '../world.ts'
import { LETTERS, LETTERS_PARTITIONS } from '../topics.ts'

/** How many sends may be unanswered: the writer waits then, as a program with sense would. */
const UNANSWERED_MAX = 40

/** Sends numbered records with an idempotent producer, a few at a time, until the world ends. */
export class Writer {
  readonly #world: World
  readonly #name: string
  readonly #client: Client
  readonly #producer: Producer
  #unanswered = 0
  #next = 0

  /** @param name Of its machine; `life` tells this producer from those there before. */
  constructor(world: World, name: string, life: number) {
    this.#world = world
    this.#name = `${name}.${life}`
    this.#client = world.client(name)
    this.#producer = this.#client.producer({
      compression: world.pick(['none', 'gzip', 'lz4', 'snappy', 'zstd']),
      lingerMs: world.random.int(5),
      batchSizeBytes: 1 + world.random.int(2_000),
      deliveryTimeoutMs: 3_600_000,
    })
  }

  async run(): Promise<void> {
    const world = this.#world
    while (!world.isEnding) {
      const count = 1 + world.random.int(8)
      for (let sent = 0; sent < count && this.#unanswered < UNANSWERED_MAX; sent++) this.#send()
      await world.pause(1, 400)
    }
    await this.#producer.close()
    await this.#client.close()
  }

  #send(): void {
    const { history, random } = this.#world
    const record = {
      topic: LETTERS,
      partition: random.int(LETTERS_PARTITIONS),
      value: `${this.#name}:${this.#next++}`,
    }
    this.#unanswered += 1
    this.#producer
      .send({ ...record, key: 'k'.repeat(random.int(200)) })
      .then(
        ({ offset }) => history.acknowledged.push({ ...record, offset }),
        (error: unknown) => history.failed.push({ record, error: error as Error }),
      )
      .finally(() => (this.#unanswered -= 1))
  }
}
