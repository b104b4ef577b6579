import { KafkaError } from '@ottla/protocol'

/** One record's fault, as Produce's answer carries it (KIP-467). */
export interface RecordError {
  /** Which record of the batch, counted from 0. */
  readonly batchIndex: number
  readonly message: string
}

/** Some records of a produced batch break a rule, so none was taken. */
export class RecordValidationError extends KafkaError {
  /** The first of them, up to `RECORD_ERRORS_MAX`. */
  readonly recordErrors: readonly RecordError[]

  constructor(
    code: 'INVALID_RECORD' | 'INVALID_TIMESTAMP',
    message: string,
    recordErrors: readonly RecordError[],
  ) {
    super(code, message)
    this.recordErrors = recordErrors
  }
}

/** A batch may have a hundred thousand bad records; an answer does not list them all. */
export const RECORD_ERRORS_MAX = 1000
