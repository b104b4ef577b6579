import { crc32 } from 'node:zlib'
import { assert } from '../assert.ts'
import { NetworkError, type Socket, type SocketHandler } from '../network.ts'
import type { Link } from './link.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** Bytes under way or not yet read, a direction: the kernel's buffers on both sides. */
const WINDOW_BYTES = 128 * 1024

/** Bytes that may wait in front of the window before `write` says stop. */
const WRITE_BUFFER_BYTES = 64 * 1024

export interface Address {
  readonly address: string
  readonly port: number
}

/** One end of a simulated connection. Its calls only schedule; the handler is called from events. */
export class SimulatedSocket implements Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #process: SimulatedProcess
  readonly #link: Link
  readonly #name: string
  readonly #forget: () => void
  #peer: SimulatedSocket | null = null
  #handler: SocketHandler | null = null
  #isPaused = false
  #isClosed = false

  // What leaves.
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** Bytes that have left, ever; and whom to tell when it is so many. */
  #takenBytes = 0
  #leaving: { readonly at: number; readonly onLeft: () => void }[] = []
  #underWayBytes = 0
  #lastArrival = 0
  #isFull = false
  #endAsked = false
  #endSent = false

  // What came.
  #arrived: Buffer[] = []
  #arrivedBytes = 0
  #endArrived = false
  #endDelivered = false

  constructor(process: SimulatedProcess, link: Link, local: Address, remote: Address) {
    this.#process = process
    this.#link = link
    this.localAddress = local.address
    this.localPort = local.port
    this.remoteAddress = remote.address
    this.remotePort = remote.port
    this.#name = `${local.address}:${local.port}>${remote.address}:${remote.port}`
    this.#forget = process.onEnd(() => this.destroy())
  }

  static pair(one: SimulatedSocket, other: SimulatedSocket): void {
    one.#peer = other
    other.#peer = one
  }

  handle(handler: SocketHandler): void {
    assert(this.#handler === null, 'a socket has one owner')
    this.#handler = handler
    this.#process.after(0, () => {
      if (this.#isClosed) handler.onClose(this.#closeError)
      else this.#deliver()
    })
  }

  write(buffers: readonly Buffer[], onLeft?: () => void): boolean {
    if (this.#isClosed || this.#endAsked) {
      if (onLeft !== undefined) this.#process.after(0, onLeft)
      return true
    }
    for (const buffer of buffers) {
      if (buffer.length === 0) continue
      this.#waiting.push(buffer)
      this.#waitingBytes += buffer.length
    }
    if (onLeft !== undefined) {
      this.#leaving.push({ at: this.#takenBytes + this.#waitingBytes, onLeft })
    }
    this.#transmit()
    if (this.#waitingBytes < WRITE_BUFFER_BYTES) return true
    this.#isFull = true
    return false
  }

  get bufferedBytes(): number {
    return this.#waitingBytes
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#process.after(0, () => this.#deliver())
  }

  end(): void {
    if (this.#endAsked || this.#isClosed) return
    this.#endAsked = true
    this.#transmit()
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return
    // As a kernel does: what was not read is answered with a reset, otherwise the stream just ends.
    if (this.#arrivedBytes > 0) this.#sendReset()
    else if (!this.#endSent) this.#sendEnd()
    this.#close(error, true)
  }

  /** Breaks the connection as a failing network does: both ends see a reset. */
  reset(): void {
    if (this.#isClosed) return
    this.#sendReset()
    this.#receiveReset()
  }

  /** Goes on after the link had been cut. */
  linkHealed(): void {
    this.#transmit()
  }

  get link(): Link {
    return this.#link
  }

  #closeError: Error | undefined

  #close(error: Error | undefined, isOwnCall: boolean): void {
    this.#isClosed = true
    this.#closeError = error
    this.#tellWhatLeft(Infinity)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#arrived = []
    this.#arrivedBytes = 0
    this.#forget()
    this.#link.sockets.delete(this)
    const handler = this.#handler
    if (handler === null || !this.#process.isAlive) return
    if (isOwnCall) this.#process.after(0, () => handler.onClose(error))
    else handler.onClose(error)
  }

  #transmit(): void {
    const peer = this.#peer!
    while (this.#waitingBytes > 0 && !this.#link.isCut) {
      const room = WINDOW_BYTES - this.#underWayBytes - peer.#arrivedBytes
      // Not into every gap: single bytes would then follow each other for ever, as TCP knows too.
      if (room < Math.min(this.#waitingBytes, WINDOW_BYTES / 2)) break
      const chunk = this.#take(this.#link.chunkBytes(Math.min(room, this.#waitingBytes)))
      this.#underWayBytes += chunk.length
      this.#send(`data ${chunk.length} ${crc32(chunk).toString(16)}`, () => {
        this.#underWayBytes -= chunk.length
        peer.#receive(chunk)
      })
    }
    this.#tellWhatLeft(this.#takenBytes)
    if (this.#waitingBytes === 0 && this.#endAsked && !this.#endSent && !this.#link.isCut) {
      this.#sendEnd()
      if (this.#endDelivered) this.#process.after(0, () => this.#closeWhenEnded())
    }
    if (this.#isFull && this.#waitingBytes < WRITE_BUFFER_BYTES) {
      this.#isFull = false
      this.#process.after(0, () => {
        if (!this.#isClosed && !this.#isFull) this.#handler?.onDrain()
      })
    }
  }

  #tellWhatLeft(bytes: number): void {
    while (this.#leaving.length > 0 && this.#leaving[0]!.at <= bytes) {
      this.#process.after(0, this.#leaving.shift()!.onLeft)
    }
  }

  /** Copies the next bytes: the sender may use its buffers again, the receiver may write into its own. */
  #take(sizeBytes: number): Buffer {
    const chunk = Buffer.allocUnsafeSlow(sizeBytes)
    let filled = 0
    let used = 0
    while (filled < sizeBytes) {
      const first = this.#waiting[used]!
      const count = first.copy(chunk, filled)
      filled += count
      if (count === first.length) used += 1
      else this.#waiting[used] = first.subarray(count)
    }
    this.#waiting.splice(0, used)
    this.#waitingBytes -= sizeBytes
    this.#takenBytes += sizeBytes
    return chunk
  }

  /** Order is kept: nothing arrives before what was sent earlier. */
  #send(what: string, arrive: () => void): void {
    const scheduler = this.#process.scheduler
    this.#lastArrival = Math.max(this.#lastArrival, scheduler.time + this.#link.delayMs())
    const onArrival = (): void => {
      if (this.#link.isCut) this.#link.held.push(onArrival)
      else arrive()
    }
    scheduler.at(this.#lastArrival, onArrival, `${this.#name} ${what}`)
  }

  #sendEnd(): void {
    this.#endSent = true
    const peer = this.#peer!
    this.#send('end', () => {
      if (peer.#isClosed) return
      peer.#endArrived = true
      peer.#deliver()
    })
  }

  #sendReset(): void {
    const peer = this.#peer!
    this.#send('reset', () => peer.#receiveReset())
  }

  #receiveReset(): void {
    if (this.#isClosed) return
    const subject = `connection with ${this.remoteAddress}:${this.remotePort}`
    const message = `${subject}: the peer dropped the connection`
    this.#close(new NetworkError('CONNECTION_RESET', message), false)
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) {
      this.#sendReset()
      return
    }
    this.#arrived.push(chunk)
    this.#arrivedBytes += chunk.length
    this.#deliver()
  }

  #deliver(): void {
    const handler = this.#handler
    if (handler === null) return
    while (this.#arrived.length > 0 && !this.#isPaused && !this.#isClosed) {
      const chunk = this.#arrived.shift()!
      this.#arrivedBytes -= chunk.length
      handler.onData(chunk)
      // As a real socket, which reads into the same buffer again: who kept a part sees nonsense.
      chunk.fill(0xdb)
    }
    if (this.#isClosed) return
    this.#peer!.#transmit()
    if (this.#endArrived && !this.#endDelivered && !this.#isPaused) {
      this.#endDelivered = true
      handler.onEnd()
      this.#closeWhenEnded()
    }
  }

  #closeWhenEnded(): void {
    if (this.#endDelivered && this.#endSent && !this.#isClosed) this.#close(undefined, false)
  }
}
