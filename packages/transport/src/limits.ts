/** What one server connection may hold; above a limit it is paused until it is below again. */
export interface ConnectionLimits {
  /** A longer frame closes the connection. `socket.request.max.bytes`; default 100 MiB. */
  readonly frameBytesMax: number
  /** Bytes of requests read and not answered. Exceeded by one request at most. Default 128 MiB. */
  readonly inFlightBytesMax: number
  /** Requests handed over and not answered. Default 1,000. */
  readonly inFlightRequestsMax: number
  /** Bytes of answers that the peer has not taken: then no more requests are served. Default 16 MiB. */
  readonly outboundBytesMax: number
  /** Closed after so long without a byte in either direction. `connections.max.idle.ms`; 10 minutes. */
  readonly idleMsMax: number
  /**
   * How long a request may take to arrive whose memory others wait for: `ByteBudget` counts all of it from its
   * first byte on. Then it is closed; while nobody waits it may take any time, as in Kafka. Default 30 s.
   */
  readonly unfinishedMsMax: number
  /** A peer that ended its side still gets the answers that are ready within this. Default 10 s. */
  readonly lingerMsMax: number
}

export const defaultLimits: ConnectionLimits = {
  frameBytesMax: 104_857_600,
  inFlightBytesMax: 134_217_728,
  inFlightRequestsMax: 1_000,
  outboundBytesMax: 16_777_216,
  idleMsMax: 600_000,
  unfinishedMsMax: 30_000,
  lingerMsMax: 10_000,
}
