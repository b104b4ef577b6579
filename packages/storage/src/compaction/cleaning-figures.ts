/** What one cleaning of a log did. Times are milliseconds. */
export interface CleaningFigures {
  /** Of the part whose keys were looked at first. */
  mapBytesRead: number
  mapMessagesRead: number
  bytesRead: number
  bytesWritten: number
  messagesRead: number
  messagesWritten: number
  /** Records without key, which a compacted log does not keep. */
  invalidMessages: number
  /** How full the table of keys got, 0 to 1. */
  bufferUtilization: number
  mapMs: number
  durationMs: number
}

export function noFigures(): CleaningFigures {
  return {
    mapBytesRead: 0,
    mapMessagesRead: 0,
    bytesRead: 0,
    bytesWritten: 0,
    messagesRead: 0,
    messagesWritten: 0,
    invalidMessages: 0,
    bufferUtilization: 0,
    mapMs: 0,
    durationMs: 0,
  }
}
