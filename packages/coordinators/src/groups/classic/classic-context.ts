import type { KafkaError } from '@ottla/protocol'
import type { Clock, Logger, Random } from '@ottla/runtime'
import type { GroupSettings } from '../group-settings.ts'
import type { GroupRecord } from '../state/group-record.ts'

/** What the classic protocol needs of its coordinator. */
export interface ClassicContext {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: GroupSettings
  /**
   * Appends a record. `onDone` hears null once it is committed, or why the log refused it; nothing
   * when the coordinator stops first, for then everybody who waits has had that answer.
   */
  readonly write: (record: GroupRecord, onDone: (refusal: KafkaError | null) => void) => void
}
