import type { Socket } from '@ottla/runtime'
import { gather } from './gather.ts'

/** Answers on their way out: collected through a turn of the event loop, then written together. */
export class Outgoing {
  #buffers: Buffer[] = []
  #sizeBytes = 0
  #onLeft: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#buffers.length === 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** @param onLeft Called once: they have left, or never will. */
  add(buffers: readonly Buffer[], onLeft: (() => void) | null): void {
    for (const buffer of buffers) {
      this.#buffers.push(buffer)
      this.#sizeBytes += buffer.length
    }
    if (onLeft !== null) this.#onLeft.push(onLeft)
  }

  /** @returns false when the socket asks to stop. */
  writeTo(socket: Socket): boolean {
    const buffers = gather(this.#buffers)
    const onLeft = this.#take()
    if (onLeft.length === 0) return socket.write(buffers)
    return socket.write(buffers, () => callAll(onLeft))
  }

  /** They never will. */
  drop(): void {
    callAll(this.#take())
  }

  #take(): readonly (() => void)[] {
    const onLeft = this.#onLeft
    this.#buffers = []
    this.#sizeBytes = 0
    if (onLeft.length > 0) this.#onLeft = []
    return onLeft
  }
}

function callAll(calls: readonly (() => void)[]): void {
  for (const call of calls) call()
}
