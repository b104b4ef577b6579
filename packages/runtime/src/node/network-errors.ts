import { NetworkError, type NetworkErrorCode } from '../network.ts'

const codes: Readonly<Record<string, NetworkErrorCode>> = {
  EADDRINUSE: 'ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ADDRESS_NOT_AVAILABLE',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_RESET',
  EPIPE: 'CONNECTION_RESET',
  ECONNABORTED: 'CONNECTION_RESET',
  ENOTFOUND: 'HOST_NOT_FOUND',
  EAI_AGAIN: 'HOST_NOT_FOUND',
  ETIMEDOUT: 'TIMED_OUT',
}

/** @param subject What failed, to head the message: "listen on 127.0.0.1:9092". */
export function networkError(error: unknown, subject: string): NetworkError {
  if (error instanceof NetworkError) return error
  const cause = error as NodeJS.ErrnoException
  const code = codes[cause.code ?? ''] ?? 'NETWORK_FAILED'
  const found = code === 'NETWORK_FAILED' ? cause.message : meanings[code]
  return new NetworkError(code, `${subject}: ${found}`, { cause })
}

const meanings: Readonly<Record<NetworkErrorCode, string>> = {
  ADDRESS_IN_USE: 'the address is in use by another process; choose another port or stop that one',
  ADDRESS_NOT_AVAILABLE: 'this machine does not have that address',
  ACCESS_DENIED: 'not permitted; ports below 1024 usually need privileges',
  CONNECTION_REFUSED: 'connection refused; nothing listens there',
  CONNECTION_RESET: 'the peer dropped the connection',
  HOST_NOT_FOUND: 'host not found',
  TIMED_OUT: 'timed out',
  NETWORK_FAILED: 'the network failed',
}
