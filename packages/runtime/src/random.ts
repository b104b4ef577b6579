/** Chance, as everything outside this package knows it. */
export interface Random {
  /** A whole number, 0 <= n < `below`; `below` is 1 to 2^48. */
  int(below: number): number

  /** 0 <= x < 1. */
  float(): number

  /** `length` bytes; the real implementation's are fit for secrets. */
  bytes(length: number): Buffer

  /** A random (version 4) uuid in Kafka's text form: 22 characters of base64url, never starting with '-'. */
  uuid(): string
}
