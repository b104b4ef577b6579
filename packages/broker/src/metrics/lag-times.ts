import { KafkaError } from '@ottla/protocol'
import { magic, maxTimestamp } from '@ottla/records'
import type { LogSlice } from '@ottla/storage'
import type { Partition } from '../partitions/partition.ts'

/** Reads of batches from disk for one look at all groups; who is left out keeps what was known before. */
const COLD_READS_MAX = 100

interface Known {
  readonly offset: number
  readonly timestampMs: number
}

/**
 * When the first record that a group has not consumed was written: its batch's time.
 *
 * A group that stands still is looked up once; one that follows the end is found in memory.
 */
export class LagTimes {
  #known = new Map<string, Known>()
  #next = new Map<string, Known>()
  #coldReadsLeft = COLD_READS_MAX

  /** Forgets what was not asked for since the last call. */
  beginRound(): void {
    this.#known = this.#next
    this.#next = new Map()
    this.#coldReadsLeft = COLD_READS_MAX
  }

  /** @returns Milliseconds of wall-clock time; undefined when it is not known. */
  async timestampAt(
    group: string,
    partition: Partition,
    offset: number,
  ): Promise<number | undefined> {
    const key = `${group}/${partition.topicId}/${partition.index}`
    let known = this.#known.get(key)
    if (known?.offset !== offset) {
      const timestampMs = await this.#read(partition, offset)
      if (timestampMs !== undefined) known = { offset, timestampMs }
    }
    if (known !== undefined) this.#next.set(key, known)
    return known?.timestampMs
  }

  async #read(partition: Partition, offset: number): Promise<number | undefined> {
    if (partition.log.isFailed || this.#coldReadsLeft === 0) return undefined
    let slice: LogSlice
    try {
      const reading = partition.read(offset, 1, partition.highWatermark, true)
      if (reading instanceof Promise) this.#coldReadsLeft -= 1
      slice = await reading
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return undefined // retention was there first, or the disk fails and says so elsewhere
    }
    const [batch] = slice.records
    const timestampMs =
      batch === undefined || magic(batch, 0) !== CURRENT_MAGIC ? -1 : maxTimestamp(batch, 0)
    slice.release()
    return timestampMs < 0 ? undefined : timestampMs
  }
}

const CURRENT_MAGIC = 2
