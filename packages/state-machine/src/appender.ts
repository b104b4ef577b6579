/**
 * A log as the state machine needs it: something that takes records in order.
 *
 * A promise to the machine, and its only demand: appends commit in the order in which they were
 * made, so that the commit of one is the commit of all before it.
 */
export interface Appender<R> {
  /**
   * Appends `records`, one unit: all of them or none. They are in the log, in order, when this
   * returns.
   * @returns Resolves once they are committed; rejects when they never will be, or nobody can say.
   * @throws What makes it impossible (too large, not the leader); then the log is as it was.
   */
  append(records: readonly R[]): Promise<void>
}
