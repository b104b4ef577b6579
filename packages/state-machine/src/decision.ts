/** What a request comes to: the records that change the state, and the answer. */
export interface Decision<R, Reply> {
  /** Empty when nothing changes. */
  readonly records: readonly R[]
  /** Leaves once the records, and all that the decision may have read, are committed. */
  readonly reply: Reply
}
