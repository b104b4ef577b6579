import { KafkaError } from '@ottla/protocol'
import { DiskError, silentLogger } from '@ottla/runtime'
import {
  type CrashLoss,
  type SeededRandom,
  type SimulatedMedium,
  type SimulatedRuntime,
  type Simulation,
  simulation,
} from '@ottla/runtime/simulated'
import {
  DataDirectoryError,
  type Log,
  LogManager,
  defaultLogConfig,
  type LogConfig,
} from '@ottla/storage'
import { takeAction } from './actions.ts'
import { checkContent, checkOpened } from './check-log.ts'
import { LogModel } from './log-model.ts'

const MACHINE = 'broker'
/** How much later than `flush.ms` what was appended must be on the disk: the syncs take their time. */
const SYNCS_MS = 3_000

/** What goes wrong with the disk in a life. */
export type Trouble = 'none' | 'full' | 'errors'

/**
 * A machine with one or two data directories and a few logs through several lives: opened, used,
 * stopped, killed, cut off from power, each at any time; and after each what must be there is there.
 */
export class StorageWorld {
  readonly simulation: Simulation
  readonly models: Map<string, LogModel> = new Map()
  /** Those that are open in this life. */
  readonly logs: Map<LogModel, Log> = new Map()
  readonly directories: readonly string[]
  /** Actions are written down here, for whoever looks into a failure. */
  readonly story: string[] = []
  appends = 0
  #trouble: Trouble = 'none'
  #topicIds = 0
  #lives = 0
  #isClean = false
  #hasFailed = false
  #manager: LogManager | null = null

  constructor(seed: number) {
    this.simulation = simulation({ seed })
    this.directories = this.below(2) === 0 ? ['/one'] : ['/one', '/two']
    const count = 1 + this.below(3)
    for (let index = 0; index < count; index++) this.newTopic(`topic-${index}`)
  }

  get random(): SeededRandom {
    return this.simulation.random
  }

  get runtime(): SimulatedRuntime {
    return this.simulation.node(MACHINE)
  }

  get medium(): SimulatedMedium {
    return this.simulation.medium(MACHINE)
  }

  get manager(): LogManager {
    return this.#manager!
  }

  below(bound: number): number {
    return this.random.int(bound)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  tell(what: string): void {
    this.story.push(`${this.simulation.time.toFixed(2)} ${what}`)
  }

  newTopic(topic: string): LogModel {
    const number = String(++this.#topicIds).padStart(2, '0')
    const model = new LogModel(topic, `QNu9Al2AT8SKGqlhkudO${number}`, this.#randomConfig())
    this.models.set(topic, model)
    return model
  }

  /** From the start of a process to its end. */
  async live(): Promise<void> {
    const { medium } = this
    medium.delayMs = [0.05, this.pick([0.5, 5, 50])]
    this.#trouble = this.pick<Trouble>(['none', 'none', 'none', 'none', 'none', 'full', 'errors'])
    this.#lives++
    this.#isClean = false
    this.#hasFailed = false
    medium.forgetsAfterFailedSync = this.below(2) === 0
    if (this.#trouble !== 'none' && this.below(3) === 0) this.#makeTrouble()
    const end = this.below(3) === 0 ? this.below(60) : 60_000
    const dies = this.simulation.node('director').clock.sleep(end)
    this.tell(`a life begins (${this.#trouble}, ${end} ms)`)
    await this.simulation.run(() => Promise.race([this.#work(), dies]))
    await this.#stop()
  }

  /** A last life in which nothing happens: all that is promised is there. */
  async last(): Promise<void> {
    this.#trouble = 'none'
    this.medium.delayMs = [0.05, 0.5]
    await this.simulation.run(async () => {
      await this.#open()
      await this.#manager!.close()
    })
  }

  async #stop(): Promise<void> {
    const { medium, simulation: world } = this
    for (const [model, log] of this.logs) {
      model.startMax = Math.max(model.startMax, log.logStartOffset)
    }
    this.logs.clear()
    if (this.#hasFailed) for (const model of this.models.values()) model.hasFailed = true
    // From the next start on the metadata says that it had a log.
    for (const model of this.models.values()) model.isMade = true
    // What a failed sync forgot is still in the page cache: a new process would take it for safe.
    const mustCut = this.#hasFailed && medium.forgetsAfterFailedSync
    medium.fault = null
    medium.capacityBytes = Infinity
    medium.stall = null
    let how: 'clean' | 'kill' | 'cut' = this.#isClean && !this.#hasFailed ? 'clean' : 'kill'
    if (how === 'clean') for (const model of this.models.values()) model.noteStop(how, 0)
    if (mustCut || this.below(3) > 0) {
      const loses = this.pick<CrashLoss>(['all', 'later', 'later', 'some', 'sectors', 'none'])
      how = 'cut'
      for (const model of this.models.values()) model.noteStop('cut', world.time - SYNCS_MS)
      world.crash(MACHINE, loses)
      this.tell(`power cut: ${loses}`)
    } else {
      if (how === 'kill') for (const model of this.models.values()) model.noteStop(how, 0)
      world.kill(MACHINE)
      this.tell(how)
    }
  }

  async #work(): Promise<void> {
    const isOpen = await this.attempt('open', () => this.#open())
    if (!isOpen) return
    for (let left = this.below(40); left > 0; left--) {
      if (left === 5 && this.#trouble !== 'none' && this.below(2) === 0) this.#makeTrouble()
      await takeAction(this)
    }
    for (const [model, log] of this.logs) {
      if (this.manager.get(model.topic, 0) !== log) this.giveUp(model)
      else if (this.below(3) === 0) await this.attempt('look', () => checkContent(log, model))
    }
    if (this.below(3) > 0) return
    const life = this.#lives
    const isClosed = await this.attempt('close', () => this.manager.close())
    // A directory that failed meanwhile says so at the end of the turn.
    await this.simulation.node('director').clock.sleep(1)
    // Its process may have been killed by then, and another one runs.
    if (life === this.#lives) this.#isClean = isClosed
  }

  /**
   * Does what may fail when the disk does.
   * @returns Whether it did not.
   */
  async attempt(what: string, work: () => Promise<unknown> | undefined): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const isStorage =
        error instanceof DiskError ||
        error instanceof DataDirectoryError ||
        (error instanceof KafkaError && error.code === 'KAFKA_STORAGE_ERROR')
      if (!isStorage || !this.#isInTrouble) throw error
      this.tell(`${what} failed: ${error.message}`)
      this.#hasFailed = true
      return false
    }
  }

  get #isInTrouble(): boolean {
    return this.medium.fault !== null || this.medium.capacityBytes !== Infinity
  }

  async #open(): Promise<void> {
    const { clock, disk, random } = this.runtime
    this.#manager = await LogManager.open({
      clock,
      disk,
      random,
      logger: silentLogger,
      directories: this.directories,
      nodeId: 1,
      clusterId: 'oTtLaoTtLaoTtLaoTtLaoQ',
      producerIdExpirationMs: Infinity,
      cleaner: { backoffMs: this.pick([5, 50, 500]) },
      retentionCheckIntervalMs: this.pick([20, 200, 5_000]),
      recoveryPointCheckpointIntervalMs: this.pick([10, 100, 5_000]),
      logStartOffsetCheckpointIntervalMs: this.pick([10, 100, 5_000]),
      onDirectoryFailure: () => (this.#hasFailed = true),
    })
    for (const model of this.models.values()) {
      if (model.isDeleting) await this.#finishDeletion(model)
      else await this.attempt(`open ${model.topic}`, () => this.openLog(model))
    }
  }

  /** The log of a topic, as the metadata has it. */
  async openLog(model: LogModel): Promise<void> {
    const { topic } = model
    const log = await this.#getOrCreate(model)
    await checkOpened(log, model)
    this.logs.set(model, log)
    this.tell(
      `${topic} from ${log.logStartOffset} to ${log.logEndOffset}, recovered from ${log.recoveryPoint}`,
    )
  }

  async #getOrCreate({ topic, topicId, config, isMade }: LogModel): Promise<Log> {
    const request = { topic, partition: 0, topicId, config }
    try {
      return await this.manager.getOrCreate({ ...request, isNew: !isMade })
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'INCONSISTENT_TOPIC_ID') throw error
      // As a broker does: the topic was deleted while the directory that has its log was offline.
      await this.manager.setAside(topic, 0)
      return await this.manager.getOrCreate({ ...request, isNew: true })
    }
  }

  /** The metadata does not know the topic any more: what is left of its log goes. */
  async #finishDeletion(model: LogModel): Promise<void> {
    const isThere = this.manager.unclaimed().some(({ topic }) => topic === model.topic)
    if (isThere) await this.manager.setAside(model.topic, 0)
    this.models.delete(model.topic)
    await this.openLog(this.newTopic(model.topic))
  }

  /** Its disk failed: nothing more is to be had of it in this life. */
  giveUp(model: LogModel): void {
    const log = this.logs.get(model)
    if (log !== undefined) model.startMax = Math.max(model.startMax, log.logStartOffset)
    this.logs.delete(model)
    model.hasFailed = true
  }

  /** Takes the topic away; a new one of its name is made. */
  async deleteTopic(model: LogModel): Promise<void> {
    model.isDeleting = true
    this.logs.delete(model)
    await this.manager.delete(model.topic, 0)
    await new Promise<void>((turn) => this.runtime.clock.defer(turn))
    // Whether it is in a directory that failed, nobody knows until the next start.
    if (this.#hasFailed) return
    this.models.delete(model.topic)
    const next = this.newTopic(model.topic)
    await this.openLog(next)
  }

  #makeTrouble(): void {
    const { medium } = this
    this.tell(`trouble: ${this.#trouble}`)
    if (this.#trouble === 'full') {
      medium.capacityBytes = medium.usedBytes() + this.below(4) * 4096
    } else if (this.#trouble === 'errors') {
      const rate = this.pick([0.02, 0.2])
      const rates = {
        sync: rate,
        write: rate,
        read: rate,
        rename: rate,
        open: rate,
        truncate: rate,
        list: rate / 4,
        remove: rate,
      }
      medium.fault = medium.faultsAtRandom(
        rates,
        this.pick(['DISK_FAILED', 'READ_ONLY', 'DISK_FULL']),
      )
    }
  }

  #randomConfig(): LogConfig {
    const segmentBytes = this.pick([700, 3_000, 9_000, 30_000])
    return {
      ...defaultLogConfig,
      cleanupPolicy: this.pick([['delete'], ['delete'], ['compact'], ['compact', 'delete']]),
      messageTimestampAfterMaxMs: Infinity,
      segmentBytes,
      segmentMs: this.pick([Infinity, Infinity, 300]),
      indexIntervalBytes: this.pick([1, 200, 1_000]),
      fileDeleteDelayMs: this.pick([0, 1, 100]),
      retentionMs: this.pick([-1, 500, 50]),
      retentionBytes: this.pick([-1, -1, 5_000]),
      flushMessages: this.pick([1, 1, 3, Infinity, Infinity]),
      flushMs: this.pick([Infinity, Infinity, 10, 200]),
      minCleanableDirtyRatio: this.pick([0, 0.5]),
      deleteRetentionMs: this.pick([0, 100, 100_000]),
      minCompactionLagMs: this.pick([0, 0, 300]),
      maxCompactionLagMs: this.pick([Infinity, 500]),
    }
  }
}
