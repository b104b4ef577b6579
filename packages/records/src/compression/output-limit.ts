import { KafkaError } from '@ottla/protocol'

/**
 * The most that the records of one batch may decompress to when the caller sets no limit of its own.
 * A few hundred bytes of zstd can stand for gigabytes of zeros; nobody sends real batches beyond this.
 */
export const UNCOMPRESSED_BYTES_MAX: number = 128 * 1024 * 1024

/** MESSAGE_TOO_LARGE: a producer answers it by splitting the batch, which is just what helps. */
export function overLimit(codec: string, maxBytes: number): KafkaError {
  return new KafkaError(
    'MESSAGE_TOO_LARGE',
    `${codec} data decompresses to more than the limit of ${maxBytes} bytes`,
  )
}

export function undecodable(codec: string, what: string, cause?: unknown): KafkaError {
  return new KafkaError('INVALID_RECORD', `${codec} data is corrupt: ${what}`, { cause })
}
