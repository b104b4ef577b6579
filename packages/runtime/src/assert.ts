/** An invariant that is broken: a bug, never bad input. It stops the broker before it harms data. */
export class InvariantError extends Error {
  override readonly name: string = 'InvariantError'
}

/** Holds in production too. `message` is a constant that says what must be true. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}
