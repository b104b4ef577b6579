/** Who came to the wrong port: its first bytes, read as a frame's size, are impossibly large. */
export type ForeignProtocol = 'TLS' | 'HTTP'

/** Who sends the frames. */
export type FrameSource = 'client' | 'broker'

/** The first two bytes of TLS records: their type (handshake, alert), and the major version that all have. */
const tlsBeginnings: ReadonlySet<number> = new Set([0x1603, 0x1503])

/** The first four bytes of HTTP's methods, of HTTP/2's preface, and of HTTP's answers. */
const httpBeginnings: ReadonlySet<number> = new Set(
  ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'CONN', 'OPTI', 'TRAC', 'PATC', 'PRI ', 'HTTP'].map(
    (text) => Buffer.from(text).readInt32BE(0),
  ),
)

/** What a connection speaks whose first four bytes are these; null: nothing that is known here. */
export function foreignProtocol(firstBytes: number): ForeignProtocol | null {
  if (tlsBeginnings.has(firstBytes >>> 16)) return 'TLS'
  return httpBeginnings.has(firstBytes) ? 'HTTP' : null
}

/** What came, and what whoever sees this should do instead. */
export const foreignReasons: Readonly<
  Record<FrameSource, Readonly<Record<ForeignProtocol, string>>>
> = {
  client: {
    TLS:
      'it began a TLS handshake, and this listener is not encrypted: ' +
      'its clients need security.protocol=PLAINTEXT',
    HTTP: 'it sent an HTTP request, and this listener speaks the Kafka protocol only',
  },
  broker: {
    TLS: 'what listens there speaks TLS: use the address of a listener that is not encrypted',
    HTTP: 'what listens there speaks HTTP, not the Kafka protocol: is this the right port?',
  },
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
