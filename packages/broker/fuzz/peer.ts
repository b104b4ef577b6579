import { type Api, encodeRequest, Reader, responseHeaderVersion } from '@ottla/protocol'
import { ResponseHeader } from '@ottla/protocol/messages/response-header'
import type { Clock, Socket } from '@ottla/runtime'
import { FrameReader } from '@ottla/transport'

/** One connection to the broker that sends what it is given and gathers what comes. */
export class Peer {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #frames = new FrameReader(1 << 30)
  readonly answers: Buffer[] = []
  isClosed = false
  #correlationId = 0
  #changed: (() => void) | undefined

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.handle({
      onData: (chunk) => {
        this.#frames.push(chunk)
        for (let frame = this.#frames.take(); frame !== null; frame = this.#frames.take()) {
          this.answers.push(frame)
        }
        this.#changed?.()
      },
      onDrain() {},
      onEnd: () => this.#end(),
      onClose: () => this.#end(),
    })
  }

  /** What the broker knows this connection by. */
  get localPort(): number {
    return this.#socket.localPort
  }

  write(bytes: Buffer): void {
    if (!this.isClosed) this.#socket.write([bytes])
  }

  /** What the broker sends from now on stays under way. */
  stopReading(): void {
    this.#socket.pause()
  }

  startReading(): void {
    this.#socket.resume()
  }

  endWriting(): void {
    this.#socket.end()
  }

  close(): void {
    this.isClosed = true
    this.#socket.destroy()
  }

  /** Waits for so many answers, the connection's end, or `withinMs`, whichever comes first. */
  async answered(count: number, withinMs: number): Promise<void> {
    if (this.answers.length >= count || this.isClosed) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.schedule(withinMs, () => finish())
      const finish = (): void => {
        timer.cancel()
        this.#changed = undefined
        resolve()
      }
      this.#changed = () => {
        if (this.answers.length >= count || this.isClosed) finish()
      }
    })
  }

  /** One request and its answer. @throws {Error} when none comes within 30 s. */
  async request<
    Request extends RequestInput,
    RequestInput,
    Response extends ResponseInput,
    ResponseInput,
  >(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    body: RequestInput,
  ): Promise<Response> {
    const asked = { correlationId: ++this.#correlationId, clientId: 'innocent', version }
    this.write(Buffer.concat(encodeRequest(api.request, asked, body)))
    await this.answered(1, 30_000)
    const answer = this.answers.shift()
    if (answer === undefined) {
      const what = this.isClosed ? 'the connection was closed' : 'no answer within 30 s'
      throw new Error(`${api.name} v${version}: ${what}`)
    }
    const reader = new Reader(answer)
    ResponseHeader.read(reader, responseHeaderVersion(api.key, version))
    return api.response.read(reader, version)
  }

  #end(): void {
    this.isClosed = true
    this.#changed?.()
  }
}
