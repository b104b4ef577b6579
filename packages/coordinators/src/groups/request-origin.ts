/** Who sent a request, as far as a group cares. */
export interface RequestOrigin {
  readonly apiVersion: number
  /** From the request header; null counts as empty. */
  readonly clientId: string | null
  /** The client's IP address as text, without a port: `127.0.0.1`. */
  readonly clientAddress: string
}
