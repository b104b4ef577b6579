import { type Client, type ConsumerRecord, type GroupConsumer } from '@ottla/client'
import { KafkaError } from '@ottla/protocol'
import { LETTERS, READERS } from '../topics.ts'
import type { World } from '../world.ts'

/** A member of the group: reads, commits now and then, leaves and comes back. */
export class Reader {
  readonly #world: World
  readonly #name: string
  readonly #client: Client

  constructor(world: World, name: string) {
    this.#world = world
    this.#name = name
    this.#client = world.client(name)
  }

  async run(): Promise<void> {
    const world = this.#world
    while (!world.isEnding) {
      const member = this.#join()
      const polls = 20 + world.random.int(200)
      for (let poll = 0; poll < polls && !world.isEnding; poll++) {
        this.#note(await member.poll({ timeoutMs: 1 + world.random.int(1_000) }))
        if (world.random.int(4) === 0) await this.#commit(member)
      }
      await this.#commit(member)
      await member.close()
      if (!world.isEnding) await world.pause(1, 10_000)
    }
    await this.#client.close()
  }

  /** Reads on by itself until it stands at the end of every partition. */
  async readToEnd(ends: ReadonlyMap<string, number>): Promise<void> {
    const member = this.#join()
    for (;;) {
      this.#note(await member.poll({ timeoutMs: 1_000 }))
      const reached = new Map<string, number>(
        member
          .positions()
          .map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset] as const),
      )
      if ([...ends].every(([name, end]) => (reached.get(name) ?? -1) >= end)) break
    }
    await this.#commit(member)
    await member.close()
    await this.#client.close()
  }

  #join(): GroupConsumer {
    return this.#client.groupConsumer({
      groupId: READERS,
      topics: [LETTERS],
      offsetReset: 'earliest',
      autoCommitIntervalMs: null,
      sessionTimeoutMs: 8_000,
      rebalanceTimeoutMs: 15_000,
      heartbeatIntervalMs: 1_000,
      pollRecordsMax: 1 + this.#world.random.int(50),
      fetchMaxWaitMs: this.#world.random.int(1_000),
      fetchMinBytes: 1 + this.#world.random.int(2_000),
    })
  }

  #note(records: readonly ConsumerRecord[]): void {
    for (const { topic, partition, offset, value } of records) {
      const read = { member: this.#name, topic, partition, offset, value: value?.toString() ?? '' }
      this.#world.history.delivered.push(read)
    }
  }

  async #commit(member: GroupConsumer): Promise<void> {
    const offsets = member.positions()
    try {
      await member.commit(offsets)
    } catch (error) {
      // The partitions are somebody else's by now.
      if (error instanceof KafkaError) return
      throw error
    }
    for (const { topic, partition, offset } of offsets) {
      this.#world.history.commit(READERS, `${topic}-${partition}`, offset)
    }
  }
}
