import { KafkaError } from './errors.ts'

/** The all-zero uuid, which stands for "none" all over the protocol, in Kafka's text form. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Character code to its six bits; 64 for characters outside of the alphabet. */
const sixBits: Uint8Array = new Uint8Array(128).fill(64)
for (let i = 0; i < 64; i++) sixBits[alphabet.charCodeAt(i)] = i

/** Kafka's text form of a uuid: base64url without padding, 22 characters. */
export function uuidToText(buffer: Buffer, at: number): string {
  return buffer.toString('base64url', at, at + 16)
}

/** Writes the 16 bytes of a uuid in Kafka's text form. */
export function writeUuid(buffer: Buffer, at: number, text: string): void {
  if (typeof text !== 'string' || text.length !== 22) throw invalidUuid(text)

  let seen = 0
  let bits = 0
  let bitCount = 0
  let to = at
  for (let i = 0; i < 22; i++) {
    const six = sixBits[text.charCodeAt(i)] ?? 64
    seen |= six
    bits = ((bits << 6) | six) & 0xffff
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      buffer[to++] = bits >> bitCount
    }
  }
  // 22 characters hold 132 bits: the last four must be zero, or two texts would mean one uuid.
  if (seen >= 64 || (bits & 15) !== 0) throw invalidUuid(text)
}

export function isUuidText(text: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)
}

function invalidUuid(text: unknown): KafkaError {
  return new KafkaError(
    'INVALID_REQUEST',
    `${JSON.stringify(text)} is not a uuid: expected 22 base64url characters, as in ${ZERO_UUID}`,
  )
}
