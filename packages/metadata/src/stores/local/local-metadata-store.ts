import { KafkaError, Writer } from '@ottla/protocol'
import { LeaderChangeMessage } from '@ottla/protocol/messages/leader-change-message'
import { encodeControlBatch } from '@ottla/records'
import type { Clock, Disk, Logger } from '@ottla/runtime'
import { defaultLogConfig, Log } from '@ottla/storage'
import type { AppendResult, LogConfig, StorageResources } from '@ottla/storage'
import { LeaseQueue } from '../lease-queue.ts'
import type {
  ActiveController,
  ControllerLease,
  MetadataStore,
  StoredBatch,
  StoredSnapshot,
} from '../metadata-store.ts'
import { decodeMetadataBatches, encodeMetadataBatch } from './metadata-batches.ts'
import { readQuorumState, writeQuorumState } from './quorum-state.ts'
import {
  listSnapshots,
  readSnapshot,
  removePartialSnapshots,
  writeSnapshot,
} from './snapshot-file.ts'

export interface LocalMetadataStoreOptions {
  readonly resources: StorageResources
  /** metadata.log.dir: the data directory in which `__cluster_metadata-0` is. It is locked already. */
  readonly directory: string
  /** metadata.log.segment.bytes; default 1 GiB. */
  readonly segmentBytes?: number
}

const TOPIC = '__cluster_metadata'
/** The one topic id that Kafka gives a topic that is none. */
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/**
 * The metadata log on this machine's disk, in the format of a KRaft voter's: a cluster of one, whose
 * log Kafka's tools read. One process has the directory, so the controllers that compete for the lease
 * all live in it.
 *
 *   __cluster_metadata-0/
 *     00000000000000000000.log …              batches of framed records; a control batch (LeaderChange)
 *                                             at the start of each controller epoch
 *     00000000000000001234-0000000003.checkpoint    the newest snapshot
 *     quorum-state                            the last controller epoch, written at a clean stop
 *
 * A record is committed when it is on the device: appends of one turn share a sync.
 */
export class LocalMetadataStore implements MetadataStore {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #directory: string
  readonly #log: Log
  readonly #leases = new LeaseQueue()
  readonly #listeners = new Set<() => void>()
  /** Everything before it is on the device. */
  #endOffset: number
  #epoch: number
  /** Who led in this epoch; -1 while that is an epoch from before this store was opened. */
  #leaderId = -1
  #closing: Promise<void> | null = null

  private constructor(resources: StorageResources, directory: string, log: Log, epoch: number) {
    this.#disk = resources.disk
    this.#clock = resources.clock
    this.#logger = resources.logger.child('metadata-store')
    this.#directory = directory
    this.#log = log
    this.#endOffset = log.logEndOffset
    this.#epoch = epoch
    log.highWatermark = log.logEndOffset
  }

  /** Opens the log, or makes it; what a crash tore off its end is dropped. */
  static async open({
    resources,
    directory: parent,
    segmentBytes = defaultLogConfig.segmentBytes,
  }: LocalMetadataStoreOptions): Promise<LocalMetadataStore> {
    const { disk } = resources
    const directory = `${parent}/${TOPIC}-0`
    disk.makeDirectory(directory)
    if (disk.stat(`${directory}/partition.metadata`) === null) {
      disk.replaceFile(`${directory}/partition.metadata`, `version: 0\ntopic_id: ${TOPIC_ID}`)
    }
    await removePartialSnapshots(disk, directory)
    const log = await Log.open({
      resources,
      directory,
      topic: TOPIC,
      partition: 0,
      config: { ...logConfig, segmentBytes },
      ownersFiles: /^quorum-state$|\.checkpoint(\.part)?$/,
    })
    const snapshot = listSnapshots(disk, directory).at(-1)
    if (snapshot !== undefined && log.logEndOffset < snapshot.endOffset) {
      await log.truncateFullyAndStartAt(snapshot.endOffset)
    }
    // What a killed process wrote may not be on the device yet, and nobody may see it before it is.
    await log.flush()
    const epoch = Math.max(
      log.latestEpoch,
      snapshot?.epoch ?? 0,
      readQuorumState(disk, directory)?.leaderEpoch ?? 0,
    )
    return new LocalMetadataStore(resources, directory, log, epoch)
  }

  get startOffset(): number {
    return this.#log.logStartOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  get activeController(): ActiveController | null {
    return this.#leases.activeController
  }

  read(offset: number, maxBytes: number): readonly StoredBatch[] | Promise<readonly StoredBatch[]> {
    if (offset >= this.#endOffset) return []
    // The slice is not released: records are views of it, and nobody knows when they are done with.
    const slice = this.#log.read({
      offset,
      maxBytes,
      endOffset: this.#endOffset,
      minOneBatch: true,
    })
    return slice instanceof Promise
      ? slice.then(({ records }) => records.flatMap(decodeMetadataBatches))
      : slice.records.flatMap(decodeMetadataBatches)
  }

  subscribe(listener: () => void): () => void {
    // A function of its own: the same listener may subscribe twice.
    const own = () => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  async campaign(
    controllerId: number,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ControllerLease> {
    let begun: AppendResult | undefined
    const lease = await this.#leases.take(
      controllerId,
      () => {
        const earlierEndOffset = this.#log.logEndOffset
        begun = this.#beginEpoch(controllerId)
        return { epoch: this.#epoch, earlierEndOffset, endOffset: begun.lastOffset + 1 }
      },
      () => this.#changed(),
      signal,
    )
    // Nobody waits for it: the lease's first append shares its sync.
    begun?.durable?.then(
      () => this.#commit(lease.endOffset),
      (error: Error) => {
        if (this.#leases.holds(lease)) this.#leases.end(error)
      },
    )
    return lease
  }

  async append(
    lease: ControllerLease,
    expectedOffset: number,
    records: readonly Buffer[],
  ): Promise<void> {
    this.#leases.check(lease)
    if (expectedOffset !== this.#log.logEndOffset) {
      throw new KafkaError(
        'NOT_CONTROLLER',
        `An append at ${expectedOffset}, but the log ends at ${this.#log.logEndOffset}`,
      )
    }
    const batch = encodeMetadataBatch(records, {
      baseOffset: expectedOffset,
      partitionLeaderEpoch: lease.epoch,
      timestampMs: this.#clock.now(),
    })
    const { lastOffset, durable } = this.#log.appendAsFollower(batch)
    await durable
    this.#commit(lastOffset + 1)
  }

  async loadSnapshot(): Promise<StoredSnapshot | null> {
    const newest = listSnapshots(this.#disk, this.#directory).at(-1)
    return newest === undefined ? null : readSnapshot(this.#disk, this.#directory, newest)
  }

  async saveSnapshot(snapshot: StoredSnapshot): Promise<void> {
    const older = listSnapshots(this.#disk, this.#directory)
    if ((older.at(-1)?.endOffset ?? -1) >= snapshot.endOffset) return
    await writeSnapshot(this.#disk, this.#directory, snapshot, this.#clock)
    if (this.#closing !== null) return
    // From here on the log before it serves nobody, and goes where a whole segment of it does. The
    // active one may hold more: rolled now, it goes with the next snapshot.
    this.#log.deleteRecordsBefore(snapshot.endOffset)
    this.#log.roll()
    this.#log.deleteOldSegments()
    for (const { fileName } of older) await this.#disk.remove(`${this.#directory}/${fileName}`)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#leases.end(new KafkaError('NOT_CONTROLLER', 'The metadata store was closed'))
    this.#listeners.clear()
    await this.#log.close()
    // After a crash it is behind the log, whose epochs count more, here and in Kafka.
    if (this.#leaderId < 0) return
    const state = { leaderId: this.#leaderId, leaderEpoch: this.#epoch }
    try {
      writeQuorumState(this.#disk, this.#directory, state)
    } catch (error) {
      this.#logger.warn('The last controller epoch could not be noted beside the log', { error })
    }
  }

  /** The first batch of an epoch says who leads; it is written before anybody appends in it. */
  #beginEpoch(controllerId: number): AppendResult {
    const epoch = this.#epoch + 1
    const voters = [{ voterId: controllerId }]
    const writer = new Writer()
    LeaderChangeMessage.write(
      writer,
      { version: 0, leaderId: controllerId, voters, grantingVoters: voters },
      0,
    )
    const batch = encodeControlBatch('LEADER_CHANGE', writer.finishWhole(), {
      timestamp: this.#clock.now(),
      baseOffset: this.#log.logEndOffset,
      partitionLeaderEpoch: epoch,
    })
    const begun = this.#log.appendAsFollower(batch)
    this.#epoch = epoch
    this.#leaderId = controllerId
    return begun
  }

  #commit(endOffset: number): void {
    if (endOffset <= this.#endOffset) return
    this.#endOffset = endOffset
    this.#log.highWatermark = endOffset
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

const logConfig: LogConfig = {
  ...defaultLogConfig,
  maxMessageBytes: Infinity,
  retentionMs: -1,
  // Every append waits for the device.
  flushMessages: 1,
}
