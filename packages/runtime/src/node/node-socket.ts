import { type OnReadOpts, type Socket as NetSocket } from 'node:net'
import { assert } from '../assert.ts'
import type { Socket, SocketHandler } from '../network.ts'
import { networkError } from './network-errors.ts'

/**
 * Where every socket of this thread reads into: a read and its delivery are one step, so one buffer
 * does for all. Node's own way is a fresh 64 KB buffer for each read, and costs about twice the CPU a GB:
 * bench/transport.ts.
 */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024)

/** A TCP connection of node:net. */
export class NodeSocket implements Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #socket: NetSocket
  #handler: SocketHandler | null = null
  #error: NodeJS.ErrnoException | undefined
  /** A `write` returned false and `onDrain` is owed. */
  #isFull = false
  #isClosed = false

  /** @param socket Connected and paused. */
  constructor(socket: NetSocket, reader: SharedReader | null) {
    this.#socket = socket
    // Read now: a closed socket no longer knows them.
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    const onData = (chunk: Buffer): void => this.#handler!.onData(chunk)
    if (reader === null) socket.on('data', onData).pause()
    else reader.onData = onData
    socket.on('end', () => this.#handler!.onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#handler?.onClose(this.#closeError())
    })
  }

  handle(handler: SocketHandler): void {
    assert(this.#handler === null, 'a socket has one owner')
    this.#handler = handler
    if (this.#isClosed) queueMicrotask(() => handler.onClose(this.#closeError()))
    else this.#socket.resume()
  }

  write(buffers: readonly Buffer[], onLeft?: () => void): boolean {
    const socket = this.#socket
    // Writing to what is gone is no error: its owner learns from onClose, which is on its way.
    if (socket.destroyed || socket.writableEnded || buffers.length === 0) {
      if (onLeft !== undefined) setImmediate(onLeft)
      return true
    }
    const last = buffers.length - 1
    if (last === 0) {
      socket.write(buffers[0]!, onLeft && (() => onLeft()))
    } else {
      socket.cork()
      for (let at = 0; at < last; at += 1) socket.write(buffers[at]!)
      socket.write(buffers[last]!, onLeft && (() => onLeft()))
      socket.uncork()
    }
    // The stream says "full" before it tries; mostly the kernel takes everything at once.
    if (socket.writableLength < socket.writableHighWaterMark) return true
    this.#isFull = true
    return false
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }

  #onDrain(): void {
    if (!this.#isFull) return
    this.#isFull = false
    this.#handler!.onDrain()
  }

  #closeError(): Error | undefined {
    const error = this.#error
    // Only what the operating system said is translated; an owner's own error comes back as it was.
    if (error?.errno === undefined) return error
    return networkError(error, `connection with ${this.remoteAddress}:${this.remotePort}`)
  }
}

/** Delivers what was read into the shared buffer; the `onread` option of a net.Socket. */
export class SharedReader implements OnReadOpts {
  readonly buffer: Buffer = readBuffer
  onData: ((chunk: Buffer) => void) | null = null

  readonly callback = (sizeBytes: number): boolean => {
    this.onData!(readBuffer.subarray(0, sizeBytes))
    return true
  }
}
