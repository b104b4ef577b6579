import { connect } from 'node:net'
import type { Socket } from 'node:net'

/**
 * A connection that looks at the first bytes of each answer and drops the rest unseen: a generator
 * that copied or decoded what comes back would be measured in the broker's place.
 */
export class Connection {
  readonly socket: Socket
  readonly #head: Buffer
  #received = 0
  #frameBytes = 0

  private constructor(socket: Socket, headBytes: number) {
    this.socket = socket
    this.#head = Buffer.alloc(headBytes)
  }

  /**
   * @param headBytes How much of each answer `onAnswer` sees, the 4 byte size included.
   * @param onChunk Called after all answers that one read brought.
   */
  static async open(
    port: number,
    headBytes: number,
    onAnswer: (head: Buffer, frameBytes: number) => void,
    onChunk: () => void,
    onFailure: (error: Error) => void,
  ): Promise<Connection> {
    return await new Promise((resolve, reject) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafeSlow(1 << 20),
          callback: (count, buffer) => {
            connection.#take(buffer as Buffer, count, onAnswer)
            onChunk()
            return true
          },
        },
      })
      const connection = new Connection(socket, headBytes)
      socket.once('error', reject)
      socket.once('error', onFailure)
      socket.once('close', () => onFailure(new Error('the broker closed the connection')))
      socket.once('connect', () => resolve(connection))
    })
  }

  #take(chunk: Buffer, count: number, onAnswer: (head: Buffer, frameBytes: number) => void): void {
    const head = this.#head
    let at = 0
    while (at < count) {
      if (this.#received < head.length) {
        const taken = Math.min(head.length - this.#received, count - at)
        chunk.copy(head, this.#received, at, at + taken)
        this.#received += taken
        at += taken
        if (this.#received < head.length) return
        this.#frameBytes = 4 + head.readInt32BE(0)
      }
      const rest = Math.min(this.#frameBytes - this.#received, count - at)
      this.#received += rest
      at += rest
      if (this.#received < this.#frameBytes) return
      this.#received = 0
      onAnswer(head, this.#frameBytes)
    }
  }
}
