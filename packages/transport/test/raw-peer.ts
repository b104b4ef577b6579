import type { Socket } from '@ottla/runtime'
import { FrameReader, ServerConnection, type ServerConnectionOptions } from '@ottla/transport'
import type { World } from './worlds.ts'

/** A frame of this text. */
export function frame(text: string): Buffer {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

/** A peer that writes what it likes and collects the frames that it is answered. */
export class RawPeer {
  readonly socket: Socket
  readonly answers: string[] = []
  isEnded = false
  isClosed = false
  readonly #frames = new FrameReader(2 ** 30)
  #waiting: { isTrue: () => boolean; resolve: () => void }[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.handle({
      onData: (chunk) => {
        this.#frames.push(chunk)
        for (;;) {
          const answer = this.#frames.take()
          if (answer === null) break
          this.answers.push(answer.toString())
        }
        this.#changed()
      },
      onDrain: () => {},
      onEnd: () => {
        this.isEnded = true
        this.#changed()
      },
      onClose: () => {
        this.isClosed = true
        this.#changed()
      },
    })
  }

  write(...buffers: Buffer[]): void {
    this.socket.write(buffers)
  }

  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isTrue, resolve })
      this.#changed()
    })
  }

  answered(count: number): Promise<void> {
    return this.until(() => this.answers.length >= count)
  }

  /** The server has ended the connection, or broken it. */
  gone(): Promise<void> {
    return this.until(() => this.isEnded || this.isClosed)
  }

  #changed(): void {
    this.#waiting = this.#waiting.filter(({ isTrue, resolve }) => {
      if (isTrue()) resolve()
      return !isTrue()
    })
  }
}

export interface Served {
  readonly peer: RawPeer
  readonly connection: ServerConnection
  /** Resolves when the server's end is closed. */
  readonly closed: Promise<Error | undefined>
  readonly stop: () => Promise<void>
}

/** A raw peer connected to a ServerConnection. */
export async function served(
  world: World,
  options: Pick<ServerConnectionOptions, 'onRequest'> & Partial<ServerConnectionOptions>,
): Promise<Served> {
  const accepted = Promise.withResolvers<ServerConnection>()
  const closed = Promise.withResolvers<Error | undefined>()
  const { network, clock, logger } = world.there
  const listener = await network.listen({
    host: world.thereHost,
    port: 0,
    onConnection: (socket) => {
      const onClose = (error?: Error): void => closed.resolve(error)
      accepted.resolve(new ServerConnection({ socket, clock, logger, onClose, ...options }))
    },
  })
  const { thereHost: host } = world
  const peer = new RawPeer(await world.here.network.connect({ host, port: listener.port }))
  const connection = await accepted.promise
  world.leftOpen?.push(() => {
    peer.socket.destroy()
    connection.destroy()
    void listener.close()
  })
  return {
    peer,
    connection,
    closed: closed.promise,
    stop: async () => {
      peer.socket.destroy()
      connection.destroy()
      await closed.promise
      await listener.close()
    },
  }
}
