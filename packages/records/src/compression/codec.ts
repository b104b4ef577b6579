import { KafkaError } from '@ottla/protocol'

/** In the spelling of the `compression.type` setting; the index is the number in a batch's attributes. */
export const COMPRESSION_CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CompressionCodec = (typeof COMPRESSION_CODECS)[number]

/** @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE */
export function codecOfId(id: number): CompressionCodec {
  const codec = COMPRESSION_CODECS[id]
  if (codec !== undefined) return codec
  throw new KafkaError(
    'UNSUPPORTED_COMPRESSION_TYPE',
    `compression codec ${id} is unknown; known are 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd`,
  )
}

export function idOfCodec(codec: CompressionCodec): number {
  return COMPRESSION_CODECS.indexOf(codec)
}
