import type { Listener, Runtime, Socket, SocketHandler } from '@ottla/runtime'

/** A handler that remembers what it was told, for tests to wait for. */
export class Collector implements SocketHandler {
  readonly socket: Socket
  readonly events: string[] = []
  readonly #chunks: Buffer[] = []
  #waiting: { isTrue: () => boolean; resolve: () => void }[] = []
  closeError: Error | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.handle(this)
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk))
    this.#changed()
  }

  onDrain(): void {
    this.#note('drain')
  }

  onEnd(): void {
    this.#note('end')
  }

  onClose(error?: Error): void {
    this.closeError = error
    this.#note('close')
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get byteCount(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isTrue, resolve })
      this.#changed()
    })
  }

  event(name: string): Promise<void> {
    return this.until(() => this.events.includes(name))
  }

  #note(event: string): void {
    this.events.push(event)
    this.#changed()
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ isTrue, resolve }) => {
      if (!isTrue()) return true
      resolve()
      return false
    })
  }
}

/** Both ends of a fresh connection, and its listener. */
export async function connected(world: {
  here: Runtime
  there: Runtime
  thereHost: string
}): Promise<{ client: Collector; server: Collector; listener: Listener }> {
  const accepted = Promise.withResolvers<Collector>()
  const listener = await world.there.network.listen({
    host: world.thereHost,
    port: 0,
    onConnection: (socket) => accepted.resolve(new Collector(socket)),
  })
  const socket = await world.here.network.connect({ host: world.thereHost, port: listener.port })
  return { client: new Collector(socket), server: await accepted.promise, listener }
}
