import type { KafkaError } from '@ottla/protocol'
import type { Appender } from '@ottla/state-machine'
import type { GroupRecord } from '../../src/index.ts'

/** A partition's log that commits at once, or when it is told to. */
export class MemoryLog implements Appender<GroupRecord> {
  readonly records: GroupRecord[] = []
  /** Appends that wait for their commit, oldest first. */
  readonly open: { resolve: () => void; reject: (error: KafkaError) => void }[] = []
  isHolding = false
  /** Thrown by the next append. */
  refusal: KafkaError | null = null

  append(records: readonly GroupRecord[]): Promise<void> {
    const { refusal } = this
    this.refusal = null
    if (refusal !== null) throw refusal
    this.records.push(...records)
    if (!this.isHolding) return Promise.resolve()
    return new Promise((resolve, reject) => void this.open.push({ resolve, reject }))
  }

  release(): void {
    this.isHolding = false
    for (const { resolve } of this.open.splice(0)) resolve()
  }

  fail(error: KafkaError): void {
    this.isHolding = false
    for (const { reject } of this.open.splice(0)) reject(error)
  }
}
