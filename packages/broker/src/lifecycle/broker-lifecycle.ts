import { errorName, KafkaError } from '@ottla/protocol'
import type { BrokerHeartbeatResponseInput } from '@ottla/protocol/messages/broker-heartbeat'
import { supportedFeatures } from '@ottla/metadata'
import type { Clock, Logger, Timer } from '@ottla/runtime'
import type { Metadata } from '../metadata.ts'
import type { ControllerChannel } from './controller-channel.ts'

export interface RegisteredListener {
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface BrokerLifecycleOptions {
  readonly brokerId: number
  readonly clusterId: string
  /** Made anew at every start. */
  readonly incarnationId: string
  readonly rack: string | null
  readonly listeners: readonly RegisteredListener[]
  /** Ids of the data directories. */
  readonly directories: readonly string[]
  /** Those of them that get no new replicas now (KIP-1066). */
  readonly cordonedDirectories: () => readonly string[]
  /** From the clean-shutdown marker; -1 after an unclean stop. */
  readonly previousBrokerEpoch: number
  readonly heartbeatIntervalMs: number
  /** How long the controller may take to hear that a directory failed; then `onUnheard` is called. */
  readonly directoryFailureTimeoutMs: number
  readonly onUnheard: (error: Error) => void
  /** How long the controller may take to let this broker in. */
  readonly startTimeoutMs: number
  readonly controller: ControllerChannel
  readonly metadata: Metadata
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * This broker's standing in the cluster: registered (fenced at first), then heartbeats that keep it
 * unfenced, and at the end a controlled shutdown.
 */
export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions
  #brokerEpoch = -1
  #timer: Timer | undefined
  #wantsShutdown = false
  /** Ids of directories that failed since the start. */
  readonly #offline = new Set<string>()
  /** Runs while the controller has not heard of one of them. */
  #deadline: Timer | undefined
  #heardOf = 0

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options
  }

  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  /** Registers and resolves once the controller has unfenced this broker. */
  async start(): Promise<void> {
    const { clock, startTimeoutMs, heartbeatIntervalMs } = this.#options
    const deadline = clock.monotonic() + startTimeoutMs
    await this.#register()
    for (;;) {
      const answer = await this.#heartbeat()
      if (answer.errorCode === 0 && !answer.isFenced) break
      if (clock.monotonic() > deadline) {
        throw new KafkaError(
          'REQUEST_TIMED_OUT',
          `the controller did not let broker ${this.#options.brokerId} in within ${startTimeoutMs} ms`,
        )
      }
      await clock.sleep(Math.min(10, heartbeatIntervalMs))
    }
    this.#schedule()
    this.#tellOfFailures()
  }

  /** Tells the controller, at once and until it has heard, that a directory is offline (KIP-858). */
  directoryFailed(directoryId: string): void {
    this.#offline.add(directoryId)
    if (this.#timer !== undefined) this.#tellOfFailures()
  }

  /** Gives up leadership in an orderly way; the controller moves it where it can. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#deadline?.cancel()
    this.#wantsShutdown = true
    if (this.#brokerEpoch < 0) return
    let answer: BrokerHeartbeatResponseInput
    try {
      answer = await this.#heartbeat()
    } catch (error) {
      this.#options.logger.warn('the controller did not hear of the controlled shutdown', { error })
      return
    }
    if (answer.errorCode !== 0) {
      this.#options.logger.warn('the controller refused the controlled shutdown', {
        error: errorName(answer.errorCode),
      })
    }
  }

  async #register(): Promise<void> {
    const { controller, brokerId, clusterId, incarnationId, rack, listeners } = this.#options
    const answer = await controller.registerBroker({
      brokerId,
      clusterId,
      incarnationId,
      rack,
      listeners: [...listeners],
      features: [...supportedFeatures].map(([name, { min, max }]) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      logDirs: this.#options.directories.filter((id) => !this.#offline.has(id)),
      isMigratingZkBroker: false,
      previousBrokerEpoch: this.#options.previousBrokerEpoch,
    })
    if (answer.errorCode !== 0) {
      throw new KafkaError(
        errorName(answer.errorCode),
        `the controller refused to register broker ${brokerId}`,
      )
    }
    this.#brokerEpoch = Number(answer.brokerEpoch ?? -1)
  }

  async #heartbeat(): Promise<BrokerHeartbeatResponseInput> {
    const { controller, brokerId, metadata } = this.#options
    const offlineLogDirs = [...this.#offline]
    const answer = await controller.brokerHeartbeat({
      brokerId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: metadata.image.offset,
      wantFence: false,
      wantShutDown: this.#wantsShutdown,
      offlineLogDirs,
      cordonedLogDirs: [...this.#options.cordonedDirectories()],
    })
    if (answer.errorCode === 0) this.#heardOf = Math.max(this.#heardOf, offlineLogDirs.length)
    if (this.#heardOf === this.#offline.size) {
      this.#deadline?.cancel()
      this.#deadline = undefined
    }
    return answer
  }

  #tellOfFailures(): void {
    if (this.#heardOf === this.#offline.size || this.#wantsShutdown) return
    const { clock, directoryFailureTimeoutMs, onUnheard } = this.#options
    this.#deadline ??= clock.schedule(directoryFailureTimeoutMs, () =>
      onUnheard(
        new KafkaError(
          'KAFKA_STORAGE_ERROR',
          `the controller did not hear within log.dir.failure.timeout.ms=${directoryFailureTimeoutMs} that a log directory failed: it would go on sending clients here`,
        ),
      ),
    )
    this.#timer?.cancel()
    void this.#beat()
  }

  /** Sends a heartbeat. @returns Whether the controller knows no such registration: it was unregistered. */
  async #isForgotten(): Promise<boolean> {
    try {
      const { errorCode } = await this.#heartbeat()
      return errorName(errorCode) === 'STALE_BROKER_EPOCH'
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'STALE_BROKER_EPOCH') return true
      throw error
    }
  }

  #schedule(): void {
    const { clock, heartbeatIntervalMs } = this.#options
    this.#timer?.cancel()
    this.#timer = clock.schedule(heartbeatIntervalMs, () => void this.#beat())
  }

  /** One heartbeat; its failure is answered by the next. */
  async #beat(): Promise<void> {
    try {
      if (await this.#isForgotten()) {
        this.#options.logger.warn('the controller does not know this registration; it is renewed')
        await this.#register()
      }
    } catch (error) {
      this.#options.logger.warn('heartbeat failed', { error })
    }
    if (!this.#wantsShutdown) this.#schedule()
  }
}
