import type { ErrorRow } from './error-row.ts'
import { errorTable, type ErrorName } from './generated/error-table.ts'

export { errorTable, type ErrorName, type ErrorRow }

/**
 * What the world can cause: bad input, a peer's refusal, a broken connection.
 *
 * `code` is the name in Kafka's table and `errorCode` its number on the wire. The message says what was
 * wrong, where, and what would be right; without one it is the table's meaning.
 */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError'
  readonly code: ErrorName

  constructor(code: ErrorName, message?: string, options?: ErrorOptions) {
    super(message ?? errorTable[code].meaning, options)
    this.code = code
  }

  get errorCode(): number {
    return errorTable[this.code].code
  }

  /** The same request may succeed later. */
  get retriable(): boolean {
    return errorTable[this.code].retriable
  }

  /** Metadata should be asked for before a retry. */
  get invalidMetadata(): boolean {
    return errorTable[this.code].invalidMetadata
  }
}

/** The code of a response or partition that has nothing to complain of. */
export const NO_ERROR = 0

/** The number on the wire. */
export function errorNumber(name: ErrorName): number {
  return errorTable[name].code
}

const names = new Map<number, ErrorName>()
for (const name of Object.keys(errorTable) as ErrorName[]) names.set(errorTable[name].code, name)

/** The name of a number from the wire; UNKNOWN_SERVER_ERROR for one that the table lacks, as clients do. */
export function errorName(code: number): ErrorName {
  return names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
}

/** Throws the error that a response's code and message stand for, unless the code is 0. */
export function throwIfError(code: number, message?: string | null): void {
  if (code !== 0) throw new KafkaError(errorName(code), message ?? undefined)
}
