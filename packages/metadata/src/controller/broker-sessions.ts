/**
 * What the active controller knows of brokers from their heartbeats alone. It is kept in no log: a new
 * controller gives every broker a session timeout's time to be heard of.
 */
export class BrokerSessions {
  readonly #sessions = new Map<number, BrokerSession>()
  readonly #timeoutMs: number

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** A heartbeat or registration came. Times are the clock's monotonic ones. */
  touch(brokerId: number, nowMs: number, metadataOffset: number): void {
    const session = this.#sessions.get(brokerId)
    if (session === undefined) {
      this.#sessions.set(brokerId, { lastContactMs: nowMs, metadataOffset, shutdownOffset: -1 })
    } else {
      session.lastContactMs = nowMs
      session.metadataOffset = metadataOffset
    }
  }

  /** Forgets a broker: it is gone, or another incarnation took its place. */
  end(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  isValid(brokerId: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session !== undefined && session.lastContactMs + this.#timeoutMs >= nowMs
  }

  /** How long until this broker's session ends, when nothing is heard of it. */
  remainingMs(brokerId: number, nowMs: number): number {
    const session = this.#sessions.get(brokerId)
    return session === undefined ? 0 : session.lastContactMs + this.#timeoutMs - nowMs
  }

  /** Up to where a broker has followed the metadata log; -1 when it is not known. */
  metadataOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.metadataOffset ?? -1
  }

  /**
   * The offset that every other broker must have reached before this one may stop: by then all know
   * its partitions' new leaders. Set once in a controlled shutdown.
   */
  shutdownOffset(brokerId: number, offset: number): number {
    const session = this.#sessions.get(brokerId)
    if (session === undefined) return offset
    if (session.shutdownOffset < 0) session.shutdownOffset = offset
    return session.shutdownOffset
  }
}

interface BrokerSession {
  lastContactMs: number
  metadataOffset: number
  shutdownOffset: number
}
