/** Logs: where they live, how long, when they are synced and cleaned. Columns: see setting-table.ts. */
export const brokerStorage: string = `
compression.gzip.level | int | -1 | 1..9; also -1 | medium acts | cluster-wide | The level used when the broker compresses with gzip; -1 is zlib's default.
compression.lz4.level | int | 9 | 1..17 | medium acts | cluster-wide | The level used when the broker compresses with LZ4.
compression.type | string | producer | one of uncompressed, zstd, lz4, snappy, gzip, producer | high acts | cluster-wide | The codec stored batches have; "producer" keeps what the producer chose.
compression.zstd.level | int | 3 | -131072..22 | medium acts | cluster-wide | The level used when the broker compresses with zstd.
cordoned.log.dirs | list | | | medium acts | per-broker | Log directories that get no new partitions.
log.cleaner.backoff.ms | long | 15000 | 0.. | medium acts | cluster-wide | How long the cleaner rests when nothing is dirty enough.
log.cleaner.dedupe.buffer.size | long | 134217728 | | medium acts | cluster-wide | Memory for the cleaner's table of keys.
log.cleaner.delete.retention.ms | long | 86400000 | 0.. | medium acts | cluster-wide | How long tombstones stay in a compacted log after they were cleaned.
log.cleaner.enable | boolean | true | | medium acts | read-only | Whether compacted topics are compacted.
log.cleaner.io.buffer.load.factor | double | 0.9 | | medium acts | cluster-wide | How full the cleaner's table of keys may get.
log.cleaner.io.buffer.size | int | 524288 | 0.. | medium acts | cluster-wide | Memory for the cleaner's reads and writes.
log.cleaner.io.max.bytes.per.second | double | 1.7976931348623157E308 | | medium acts | cluster-wide | The cleaner's throttle.
log.cleaner.max.compaction.lag.ms | long | 9223372036854775807 | 1.. | medium acts | cluster-wide | A record stays uncompacted no longer than this.
log.cleaner.min.cleanable.ratio | double | 0.5 | 0..1 | medium acts | cluster-wide | How large the dirty part of a log must be before it is compacted.
log.cleaner.min.compaction.lag.ms | long | 0 | 0.. | medium acts | cluster-wide | A record stays uncompacted at least this long.
log.cleaner.threads | int | 1 | 0.. | medium | cluster-wide | The cleaner's threads in Kafka; Ottla has one event loop.
log.cleanup.policy | list | delete | each of compact, delete | medium acts | cluster-wide | What happens to old segments: "delete", "compact", both, or nothing.
log.dir | list | /tmp/kafka-logs | not empty | high acts | read-only | The log directory when log.dirs is not set.
log.dir.failure.timeout.ms | long | 30000 | 1.. | low acts | read-only | How long a broker tries to tell the controller about a failed log directory before it stops.
log.dirs | list | ~ | not empty | high acts | read-only | Directories that hold the partitions' logs.
log.flush.interval.messages | long | 9223372036854775807 | 1.. | high acts | cluster-wide | Sync a log to disk after so many records; 1 makes an acknowledgement mean "on disk".
log.flush.interval.ms | long | ~ | | high acts | cluster-wide | Sync a log to disk when a record has waited so long; unset leaves it to log.flush.scheduler.interval.ms.
log.flush.offset.checkpoint.interval.ms | int | 60000 | 0.. | high acts | read-only | How often the recovery points are written.
log.flush.scheduler.interval.ms | long | 9223372036854775807 | | high acts | read-only | How often to look for logs that need a sync.
log.flush.start.offset.checkpoint.interval.ms | int | 60000 | 0.. | high acts | read-only | How often the log start offsets are written.
log.index.interval.bytes | int | 4096 | 0.. | medium acts | cluster-wide | An index gets an entry every so many bytes of log.
log.index.size.max.bytes | int | 10485760 | 4.. | medium acts | cluster-wide | Largest index of a segment; a full one rolls the segment.
log.initial.task.delay.ms | long | 30000 | 0.. | low internal | read-only | How long after the start the log's background work begins.
log.local.retention.bytes | long | -2 | -2.. | medium | cluster-wide | How much of a tiered partition stays local; -2 follows log.retention.bytes.
log.local.retention.ms | long | -2 | -2.. | medium | cluster-wide | How long a tiered partition's segments stay local; -2 follows log.retention.ms.
log.message.timestamp.after.max.ms | long | 3600000 | 0.. | medium acts | cluster-wide | How far in the future a record's timestamp may be.
log.message.timestamp.before.max.ms | long | 9223372036854775807 | 0.. | medium acts | cluster-wide | How far in the past a record's timestamp may be.
log.message.timestamp.type | string | CreateTime | one of CreateTime, LogAppendTime | medium acts | cluster-wide | Whether a record keeps its creator's time or gets the broker's.
log.preallocate | boolean | false | | medium acts | cluster-wide | Whether new segment files get their full size at once.
log.retention.bytes | long | -1 | | high acts | cluster-wide | Oldest segments go when a partition is larger than this; -1 is no limit.
log.retention.check.interval.ms | long | 300000 | 1.. | medium acts | read-only | How often to look for segments to delete.
log.retention.hours | int | 168 | | high acts | read-only | Segments older than this go; log.retention.minutes and log.retention.ms come first.
log.retention.minutes | int | ~ | | high acts | read-only | Segments older than this go; log.retention.ms comes first.
log.retention.ms | long | ~ | | high acts | cluster-wide | Segments older than this go; -1 keeps them for ever.
log.roll.hours | int | 168 | 1.. | high acts | read-only | A new segment begins after so long; log.roll.ms comes first.
log.roll.jitter.hours | int | 0 | 0.. | high acts | read-only | A random part of this is taken off the roll time; log.roll.jitter.ms comes first.
log.roll.jitter.ms | long | ~ | | high acts | cluster-wide | A random part of this is taken off the roll time, so that segments do not all roll at once.
log.roll.ms | long | ~ | | high acts | cluster-wide | A new segment begins after so long, even if the old one is not full.
log.segment.bytes | int | 1073741824 | 1048576.. | high acts | cluster-wide | A segment's largest size.
log.segment.delete.delay.ms | long | 60000 | 0.. | high acts | cluster-wide | How long a deleted segment's files stay on disk, renamed.
message.max.bytes | int | 1048588 | 0.. | high acts | cluster-wide | Largest batch that is accepted, as sent (compressed).
min.insync.replicas | int | 1 | 1.. | high acts | cluster-wide | With acks=all a write needs this many replicas in sync.
num.recovery.threads.per.data.dir | int | 2 | 1.. | high | cluster-wide | How many logs of a directory are opened or recovered at once.
num.replica.alter.log.dirs.threads | int | ~ | | high | read-only | Threads that move replicas between log directories.
unclean.leader.election.enable | boolean | false | | high | cluster-wide | Whether a replica that is not in sync may lead when no other can; it may lose records.
`
