/** A data directory that this broker must not, or cannot, use; the message says what to do. */
export class DataDirectoryError extends Error {
  override readonly name: string = 'DataDirectoryError'
}
