import type { GroupRecord } from '@ottla/coordinators'
import { type CompressionCodec, encodeBatch } from '@ottla/records'
import type { Clock } from '@ottla/runtime'
import type { Appender } from '@ottla/state-machine'
import type { Partition } from '../partitions/partition.ts'

/** Writes a coordinator's records to its partition: one batch for one decision. */
export class LogAppender implements Appender<GroupRecord> {
  readonly #partition: Partition
  readonly #clock: Clock
  readonly #codec: CompressionCodec

  constructor(partition: Partition, clock: Clock, codec: CompressionCodec) {
    this.#partition = partition
    this.#clock = clock
    this.#codec = codec
  }

  append(records: readonly GroupRecord[]): Promise<void> {
    const timestamp = this.#clock.now()
    const batch = encodeBatch({
      compression: this.#codec,
      records: records.map(({ key, value }) => ({ key, value, timestamp })),
    })
    const { minInsyncReplicas } = this.#partition.settings
    const { committed } = this.#partition.append(batch, 'coordinator', minInsyncReplicas)
    return committed ?? Promise.resolve()
  }
}
