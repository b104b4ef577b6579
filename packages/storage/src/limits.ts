/** The package's limits, by name. What a broker may tune is an option of `StorageResources`. */

/** Files held open at once by all logs together; the least recently used is closed first. */
export const OPEN_FILES_MAX = 4_000

/** Bytes of recent appends held in memory by all logs together. */
export const TAIL_MEMORY_BYTES: number = 64 * 1024 * 1024

/** Index bytes of old segments held in memory by all logs together. */
export const LOADED_INDEX_BYTES: number = 16 * 1024 * 1024

/** Read buffers kept for reuse by all logs together. */
export const READ_BUFFERS_BYTES: number = 16 * 1024 * 1024

/** The most that one read from disk takes, whatever was asked for. One batch may still exceed it. */
export const COLD_READ_BYTES_MAX: number = 16 * 1024 * 1024

/** Appended bytes after which a log syncs in the background, lest the kernel stalls a later writer. */
export const BACKGROUND_SYNC_BYTES: number = 32 * 1024 * 1024

/** Index entries held in memory beyond what the file has; then they are written. */
export const UNWRITTEN_INDEX_ENTRIES_MAX = 256

/** Bytes that recovery and scans read at a time. */
export const SCAN_BYTES: number = 1024 * 1024

/** Logs opened (and recovered) at the same time. */
export const CONCURRENT_LOADS_MAX = 8

/** Logs made, and logs opened, in one turn of the event loop: each takes up to a millisecond of it. */
export const LOGS_PER_TURN_MAX = 4

/** Files of a log's folder looked at in one turn of the event loop while it is opened. */
export const NAMES_PER_TURN = 256

/** Checkpoint entries gathered in one turn of the event loop. */
export const CHECKPOINT_ENTRIES_PER_TURN = 1_000

/** A message of format 0 without key and value: no stored batch is smaller. */
export const SMALLEST_BATCH_BYTES = 26

/** Bytes that a move between data directories copies at a time. */
export const MOVE_CHUNK_BYTES: number = 512 * 1024

/** Chunks from memory that a move copies in the one turn in which it ends. */
export const MOVE_CHUNKS_PER_TURN_MAX = 4

/** Entries of a transaction index that are read at a time. */
export const TRANSACTION_INDEX_SCAN_ENTRIES = 1_024
/** The largest batch that inspection reads: a length beyond it, in a file as large, is taken for garbage. */
export const INSPECTED_BATCH_BYTES_MAX: number = 1024 * 1024 * 1024

/** Checkpoints, snapshots and properties; a larger file of such a name is not inspected. */
export const SMALL_FILE_BYTES_MAX: number = 256 * 1024 * 1024

/** How far back in the log a producer's batches are looked for that a snapshot does not name. */
export const PRODUCER_RECALL_BYTES: number = 1024 * 1024
