import { errorName } from '@ottla/protocol'
import type { Clock, Logger } from '@ottla/runtime'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'

/** How long after a failure the controller is told again. */
const RETRY_MS = 1_000

interface Assignment {
  readonly topicId: string
  readonly partitionIndex: number
  readonly directoryId: string
}

/** Tells the controller in which data directory each replica is, where it does not know (KIP-858). */
export class DirectoryAssignments {
  readonly #controller: ControllerChannel
  readonly #clock: Clock
  readonly #logger: Logger
  /** Not told yet, the latest of each partition. */
  readonly #waiting: Map<string, Assignment> = new Map()
  #isSending = false
  #isStopped = false

  constructor(controller: ControllerChannel, clock: Clock, logger: Logger) {
    this.#controller = controller
    this.#clock = clock
    this.#logger = logger
  }

  /** All of one turn are told together. */
  note(topicId: string, partitionIndex: number, directoryId: string): void {
    this.#waiting.set(`${topicId}-${partitionIndex}`, { topicId, partitionIndex, directoryId })
    if (this.#isSending) return
    this.#isSending = true
    this.#clock.defer(() => void this.#send())
  }

  stop(): void {
    this.#isStopped = true
  }

  async #send(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#isStopped) {
      const assignments = [...this.#waiting.values()]
      this.#waiting.clear()
      try {
        const { errorCode } = await this.#controller.assignReplicasToDirs(byDirectory(assignments))
        if (errorCode === 0) continue
        this.#logger.warn('directories were not assigned', { error: errorName(errorCode ?? 0) })
      } catch (error) {
        this.#logger.warn('directories were not assigned', { error })
      }
      for (const one of assignments) {
        const key = `${one.topicId}-${one.partitionIndex}`
        if (!this.#waiting.has(key)) this.#waiting.set(key, one)
      }
      await this.#clock.sleep(RETRY_MS)
    }
    this.#isSending = false
  }
}

type Directories = Parameters<ControllerChannel['assignReplicasToDirs']>[0]

function byDirectory(assignments: readonly Assignment[]): Directories {
  const directories = Map.groupBy(assignments, ({ directoryId }) => directoryId)
  return Array.from(directories, ([id, ofDirectory]) => ({
    id,
    topics: Array.from(
      Map.groupBy(ofDirectory, ({ topicId }) => topicId),
      ([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex })),
      }),
    ),
  }))
}
