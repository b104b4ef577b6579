import { KafkaError } from '@ottla/protocol'
import type { ControllerChannel } from './lifecycle/controller-channel.ts'

/**
 * Producer ids for idempotent producers, from blocks that the controller hands out: no id is ever
 * given twice, by whatever broker. What is left of a block at a restart is never used.
 */
export class ProducerIds {
  readonly #controller: ControllerChannel
  #next = 0
  #end = 0
  #allocation: Promise<void> | undefined

  constructor(controller: ControllerChannel) {
    this.#controller = controller
  }

  async next(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#allocation ??= this.#allocate().finally(() => (this.#allocation = undefined))
      await this.#allocation
    }
    return this.#next++
  }

  async #allocate(): Promise<void> {
    const { errorCode, producerIdStart, producerIdLen } =
      await this.#controller.allocateProducerIds()
    if (errorCode !== 0) throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS')
    this.#next = Number(producerIdStart)
    this.#end = this.#next + producerIdLen
  }
}
