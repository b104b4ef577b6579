/**
 * Makes a version 4 uuid of 16 random bytes (which it changes) in Kafka's text form: base64url, 22
 * characters. null when the text would start with '-', which tools take for an option: draw again.
 */
export function uuidText(bytes: Buffer): string | null {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = bytes.toString('base64url')
  return text.startsWith('-') ? null : text
}
