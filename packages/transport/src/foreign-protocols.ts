/** Who came to the wrong port: its first bytes, read as a frame's size, are impossibly large. */
export type ForeignProtocol = 'TLS' | 'HTTP'

/** The first two bytes of a TLS handshake record: its type, and the major version that all have. */
const TLS_HANDSHAKE = 0x1603

/** The first four bytes of HTTP's methods, and of HTTP/2's preface. */
const httpBeginnings: ReadonlySet<number> = new Set(
  ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'CONN', 'OPTI', 'TRAC', 'PATC', 'PRI '].map((text) =>
    Buffer.from(text).readInt32BE(0),
  ),
)

/** What a connection speaks whose first four bytes are these; null: nothing that is known here. */
export function foreignProtocol(firstBytes: number): ForeignProtocol | null {
  if (firstBytes >>> 16 === TLS_HANDSHAKE) return 'TLS'
  return httpBeginnings.has(firstBytes) ? 'HTTP' : null
}

/** For the log: what came, and what the client should do instead. */
export const foreignReasons: Readonly<Record<ForeignProtocol, string>> = {
  TLS:
    'it began a TLS handshake, and this listener is not encrypted: ' +
    'its clients need security.protocol=PLAINTEXT',
  HTTP: 'it sent an HTTP request, and this listener speaks the Kafka protocol only',
}

const explanation =
  'This port speaks the Apache Kafka protocol, not HTTP.\n' +
  'Connect a Kafka client to it, as bootstrap.servers.\n'

/** What a browser or a probe can show. Kafka closes without a word. */
export const httpAnswer: Buffer = Buffer.from(
  [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(explanation)}`,
    'Connection: close',
    '',
    explanation,
  ].join('\r\n'),
)
