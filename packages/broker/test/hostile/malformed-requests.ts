import { ApiVersionsRequest } from '@ottla/protocol/messages/api-versions'
import { FetchRequest } from '@ottla/protocol/messages/fetch'
import { MetadataRequest } from '@ottla/protocol/messages/metadata'
import { flexibleHeader, header, int16, int32, request, sized, string } from './bytes.ts'

/**
 * What becomes of malformed bytes, the same on Apache Kafka 4.3.1: the connection is closed, or there is
 * an answer, or nothing happens as more is waited for.
 */
export type Outcome =
  | { readonly closes: RegExp /* the reason, as Ottla's log has it */ }
  /** The answer's first bytes after the correlation id, in hexadecimal. */
  | { readonly answers: string }
  | { readonly waits: true }

export interface MalformedRequest {
  readonly name: string
  readonly bytes: Buffer
  readonly outcome: Outcome
}

const API_VERSIONS = 18
const METADATA = 3
const PRODUCE = 0
const FETCH = 1

const plainMetadata = request(MetadataRequest, 1, { topics: [] })
const huge = int32(0x7fff_ffff)
/** 2^31-1 as an unsigned varint, one more than the count it says. */
const hugeCompact = Buffer.from('ffffffff07', 'hex')

const closes = (reason: RegExp): Outcome => ({ closes: reason })

function framesOfLength(length: number): MalformedRequest {
  const whole = header(API_VERSIONS, 0)
  return {
    name: `a frame of ${length} bytes`,
    bytes: sized(whole.subarray(0, length)),
    outcome: closes(new RegExp(`at least 8 bytes, this one has ${length}`)),
  }
}

export const malformedRequests: readonly MalformedRequest[] = [
  // Frames
  {
    name: 'a negative size',
    bytes: Buffer.concat([int32(-1), plainMetadata]),
    outcome: closes(/announced -1 bytes/),
  },
  {
    name: 'the lowest size',
    bytes: Buffer.concat([int32(-0x8000_0000), plainMetadata]),
    outcome: closes(/announced -2147483648 bytes/),
  },
  {
    name: 'a size above socket.request.max.bytes',
    bytes: Buffer.concat([int32(104_857_601), plainMetadata]),
    outcome: closes(/announced 104857601 bytes, above socket.request.max.bytes = 104857600/),
  },
  {
    name: 'the highest size',
    bytes: Buffer.concat([huge, plainMetadata]),
    outcome: closes(/announced 2147483647 bytes/),
  },
  {
    name: 'a size of 100 MB and nothing behind it',
    bytes: int32(104_857_600),
    outcome: { waits: true },
  },
  ...[0, 1, 2, 3, 4, 5, 6, 7].map(framesOfLength),

  // Other protocols
  {
    name: 'a TLS hello',
    bytes: Buffer.from(
      '16030100c8010000c40303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      'hex',
    ),
    outcome: closes(/began a TLS handshake/),
  },
  {
    name: 'zeros',
    bytes: Buffer.alloc(1_000),
    outcome: closes(/this one has 0/),
  },

  // API keys and versions
  {
    name: 'an API key that does not exist',
    bytes: sized(header(5_000, 0)),
    outcome: closes(/API key 5000 /),
  },
  {
    name: 'a negative API key',
    bytes: sized(header(-1, 0)),
    outcome: closes(/API key -1 /),
  },
  {
    name: 'an API that only controllers serve',
    bytes: sized(flexibleHeader(52, 0), Buffer.alloc(20)),
    outcome: closes(/API key 52 /),
  },
  {
    name: 'an API that Kafka 4 took away',
    bytes: sized(header(4, 0), Buffer.alloc(20)),
    outcome: closes(/API key 4 /),
  },
  ...[0, 1, 2].map((version) => ({
    name: `Produce version ${version}, advertised and not served`,
    bytes: sized(header(PRODUCE, version), int16(1), int32(1_000), int32(0)),
    outcome: closes(new RegExp(`Produce version ${version} is not served`)),
  })),
  {
    name: 'a version below those that are served',
    bytes: sized(header(FETCH, 3), Buffer.alloc(30)),
    outcome: closes(/Fetch version 3 is not served here, only 4 to/),
  },
  {
    name: 'a version above those that are served',
    bytes: sized(flexibleHeader(METADATA, 99), Buffer.alloc(30)),
    outcome: closes(/Metadata version 99 is not served/),
  },
  {
    name: 'a negative version',
    bytes: sized(header(METADATA, -1), Buffer.alloc(30)),
    outcome: closes(/Metadata version -1 is not served/),
  },
  {
    name: 'ApiVersions in a version to come, answered in version 0 with error 35 (KIP-511)',
    bytes: sized(flexibleHeader(API_VERSIONS, 99), Buffer.from('anything')),
    outcome: { answers: '00230000000100120000' },
  },
  {
    name: 'ApiVersions in a negative version',
    bytes: sized(header(API_VERSIONS, -1)),
    outcome: { answers: '00230000000100120000' },
  },
  {
    name: 'ApiVersions whose client name is not a plain one',
    bytes: request(ApiVersionsRequest, 3, {
      clientSoftwareName: 'a b',
      clientSoftwareVersion: '1',
    }),
    outcome: { answers: '002a' },
  },

  // Headers
  {
    name: 'a client id longer than the frame',
    bytes: sized(int16(METADATA), int16(1), int32(77), int16(0x7fff), Buffer.from('short')),
    outcome: closes(/32767/),
  },
  {
    name: 'a client id of length -2',
    bytes: sized(int16(METADATA), int16(1), int32(77), int16(-2), int32(0)),
    outcome: { answers: '00000001' }, // any negative length is null
  },
  {
    name: 'a header without its client id',
    bytes: sized(int16(METADATA), int16(1), int32(77)),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },
  {
    name: 'a header with 2^31 tags',
    bytes: sized(header(METADATA, 9), hugeCompact, Buffer.alloc(10)),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },

  // Bodies
  {
    name: 'a body that is not there',
    bytes: sized(header(FETCH, 4)),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },
  {
    name: 'a body cut off in the middle',
    bytes: sized(header(FETCH, 4), Buffer.alloc(10)),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },
  {
    name: 'bytes behind the body',
    bytes: sized(plainMetadata.subarray(4), Buffer.from('more')),
    outcome: { answers: '00000001' },
  },
  {
    name: 'an array of 2^31-1 elements',
    bytes: sized(header(METADATA, 1), huge),
    outcome: closes(/2147483647/),
  },
  {
    name: 'an array of -2 elements',
    bytes: sized(header(METADATA, 1), int32(-2)),
    outcome: { answers: '' },
  },
  {
    name: 'a compact array of 2^31-2 elements',
    bytes: sized(flexibleHeader(METADATA, 9), hugeCompact, Buffer.alloc(10)),
    outcome: closes(/2147483646/),
  },
  {
    name: 'a count that takes more than 32 bits',
    bytes: sized(flexibleHeader(METADATA, 9), Buffer.alloc(10, 0xff)),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },
  {
    name: 'a string longer than the frame',
    bytes: sized(header(METADATA, 1), int32(1), int16(0x7fff), Buffer.from('short')),
    outcome: closes(/32767/),
  },
  {
    name: 'null where a string must be',
    bytes: sized(header(METADATA, 1), int32(1), int16(-1)),
    outcome: closes(/null/),
  },
  {
    name: 'tags of 2^31 bytes',
    bytes: sized(
      flexibleHeader(METADATA, 9),
      Buffer.from('01000000', 'hex'),
      Buffer.from('0105', 'hex'),
      hugeCompact,
    ),
    outcome: closes(/a request of (Fetch|Metadata) version \d+ cannot be read: /),
  },
  {
    name: 'tags that do not ascend',
    bytes: sized(
      flexibleHeader(METADATA, 9),
      Buffer.from('01000000', 'hex'),
      Buffer.from('0205000500', 'hex'),
    ),
    // The only bytes here that Apache Kafka lets pass: it does not check what the protocol says.
    outcome: closes(/tags must ascend/),
  },
  {
    name: 'records longer than the frame',
    bytes: sized(
      header(PRODUCE, 3),
      int16(-1),
      int16(1),
      int32(1_000),
      int32(1),
      string('unknown'),
      int32(1),
      int32(0),
      huge,
    ),
    outcome: closes(/2147483647/),
  },
  {
    name: 'records of length -2',
    bytes: sized(
      header(PRODUCE, 3),
      int16(-1),
      int16(1),
      int32(1_000),
      int32(1),
      string('unknown'),
      int32(1),
      int32(0),
      int32(-2),
    ),
    outcome: { answers: '00000001' }, // null again,
  },
  {
    name: 'an empty fetch of an impossible session',
    bytes: request(FetchRequest, 12, {
      replicaId: -1,
      maxWaitMs: -1,
      minBytes: -1,
      maxBytes: -1,
      isolationLevel: 0,
      sessionId: -7,
      sessionEpoch: -9,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    }),
    outcome: { answers: '' },
  },
]
