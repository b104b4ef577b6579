import {
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
  type Socket,
} from '../network.ts'
import { defaultConditions, Link, type NetworkConditions } from './link.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { SimulatedSocket } from './simulated-socket.ts'

const loopback = new Set(['localhost', '127.0.0.1', '::1'])
const everywhere = new Set(['', '0.0.0.0', '::'])

/** Where the ports begin that are given out when 0 is asked for. */
const FIRST_FREE_PORT = 32_768

interface BoundAddress {
  readonly options: ListenOptions
  readonly process: SimulatedProcess
}

/** The wires between all simulated hosts. A host is reached by its name or its address, 10.0.0.n. */
export class SimulatedNetwork {
  conditions: NetworkConditions = defaultConditions
  readonly #random: SeededRandom
  readonly #addresses = new Map<string, string>()
  readonly #links = new Map<string, Link>()
  readonly #bound = new Map<string, BoundAddress>()
  #nextPort = FIRST_FREE_PORT

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** Makes a host known. */
  addHost(host: string): void {
    if (this.#addresses.has(host)) return
    const number = this.#addresses.size + 1
    this.#addresses.set(host, `10.0.${number >> 8}.${number & 255}`)
  }

  /** What runs between two hosts; a host also has a link with itself. */
  link(one: string, other: string): Link {
    const key = one < other ? `${one} ${other}` : `${other} ${one}`
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new Link(this.#random.fork(key), this.conditions)
      this.#links.set(key, link)
    }
    return link
  }

  /** Cuts all links between the two groups of hosts; nobody is told. */
  partition(ones: readonly string[], others: readonly string[]): void {
    for (const one of ones) for (const other of others) this.link(one, other).cut()
  }

  /** Mends every link. What was under way arrives now. */
  heal(): void {
    for (const link of this.#links.values()) if (link.isCut) link.heal()
  }

  /** What `process` sees of it. */
  of(process: SimulatedProcess): Network {
    return {
      listen: (options) => this.#listen(process, options),
      connect: (options) => this.#connect(process, options),
    }
  }

  #takePort(): number {
    this.#nextPort += 1
    return this.#nextPort - 1
  }

  #address(host: string): string {
    return this.#addresses.get(host)!
  }

  /** @returns The name of the host that `host` means when `process` says it, or null. */
  #resolve(process: SimulatedProcess, host: string): string | null {
    if (loopback.has(host)) return process.name
    if (this.#addresses.has(host)) return host
    for (const [name, address] of this.#addresses) if (address === host) return name
    return null
  }

  async #listen(process: SimulatedProcess, options: ListenOptions): Promise<Listener> {
    const { host } = options
    await process.wait(0)
    if (!everywhere.has(host) && this.#resolve(process, host) !== process.name) {
      const message = `listen on ${host}:${options.port}: this machine does not have that address`
      throw new NetworkError('ADDRESS_NOT_AVAILABLE', message)
    }
    const port = options.port === 0 ? this.#takePort() : options.port
    const key = `${process.name}:${port}`
    if (this.#bound.has(key)) {
      const message = `listen on ${host}:${port}: the address is in use by another process`
      throw new NetworkError('ADDRESS_IN_USE', message)
    }
    const bound = { options, process }
    this.#bound.set(key, bound)
    process.scheduler.record(`${process.name} listens on ${host}:${port}`)
    const unbind = (): void => {
      if (this.#bound.get(key) === bound) this.#bound.delete(key)
    }
    const forget = process.onEnd(unbind)
    return {
      host,
      port,
      close: async () => {
        unbind()
        forget()
        await process.wait(0)
      },
    }
  }

  #connect(process: SimulatedProcess, options: ConnectOptions): Promise<Socket> {
    const { host, port, signal } = options
    return new Promise<Socket>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      let isAborted = false
      const aborted = (): void => {
        isAborted = true
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', aborted, { once: true })
      const fail = (code: 'HOST_NOT_FOUND' | 'CONNECTION_REFUSED', found: string): void => {
        signal?.removeEventListener('abort', aborted)
        reject(new NetworkError(code, `connect to ${host}:${port}: ${found}`))
      }

      const target = this.#resolve(process, host)
      if (target === null) {
        process.after(1, () => fail('HOST_NOT_FOUND', 'host not found'))
        return
      }
      const link = this.link(process.name, target)
      const arrive = (): void => {
        if (isAborted || !process.isAlive) return
        if (link.isCut) {
          link.held.push(arrive)
          return
        }
        const bound = this.#bound.get(`${target}:${port}`)
        const isOpen =
          bound !== undefined && (target === process.name || !loopback.has(bound.options.host))
        if (!isOpen) {
          const refused = (): void => fail('CONNECTION_REFUSED', 'nothing listens there')
          process.after(link.delayMs(), refused, `${process.name} refused by ${target}:${port}`)
          return
        }
        const client = this.#join(process, bound, link, { target, port })
        const connected = (): void => {
          signal?.removeEventListener('abort', aborted)
          if (isAborted) client.destroy()
          else resolve(client)
        }
        process.after(link.delayMs(), connected, `${process.name} connected to ${target}:${port}`)
      }
      process.after(link.delayMs(), arrive)
    })
  }

  #join(
    from: SimulatedProcess,
    bound: BoundAddress,
    link: Link,
    to: { target: string; port: number },
  ): SimulatedSocket {
    const clientAddress = { address: this.#address(from.name), port: this.#takePort() }
    const serverAddress = { address: this.#address(to.target), port: to.port }
    const client = new SimulatedSocket(from, link, clientAddress, serverAddress)
    const server = new SimulatedSocket(bound.process, link, serverAddress, clientAddress)
    SimulatedSocket.pair(client, server)
    link.sockets.add(client)
    link.sockets.add(server)
    bound.options.onConnection(server)
    return client
  }
}
