/** A row of the table of errors. */
export interface ErrorRow {
  /** The number on the wire, an int16. */
  readonly code: number
  /** The same request may succeed later. */
  readonly retriable: boolean
  /** What the client knows of the cluster is out of date: it should ask for metadata before it retries. */
  readonly invalidMetadata: boolean
  /** What happened, in a sentence without a full stop. */
  readonly meaning: string
}
