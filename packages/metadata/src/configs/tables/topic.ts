/** A topic's settings. Columns: see setting-table.ts. */
export const topicRows: string = `
cleanup.policy | list | delete | each of compact, delete | medium acts | log.cleanup.policy | What happens to old segments: "delete", "compact", both, or nothing when empty.
compression.gzip.level | int | -1 | 1..9; also -1 | medium acts | compression.gzip.level | The level used when the broker compresses with gzip; -1 is zlib's default.
compression.lz4.level | int | 9 | 1..17 | medium acts | compression.lz4.level | The level used when the broker compresses with LZ4.
compression.type | string | producer | one of uncompressed, zstd, lz4, snappy, gzip, producer | medium acts | compression.type | The codec stored batches have; "producer" keeps what the producer chose.
compression.zstd.level | int | 3 | -131072..22 | medium acts | compression.zstd.level | The level used when the broker compresses with zstd.
delete.retention.ms | long | 86400000 | 0.. | medium acts | log.cleaner.delete.retention.ms | How long tombstones stay in a compacted log after they were cleaned.
file.delete.delay.ms | long | 60000 | 0.. | medium acts | log.segment.delete.delay.ms | How long a deleted segment's files stay on disk, renamed.
flush.messages | long | 9223372036854775807 | 1.. | medium acts | log.flush.interval.messages | Sync the log to disk after so many records; 1 makes an acknowledgement mean "on disk".
flush.ms | long | 9223372036854775807 | 0.. | medium acts | log.flush.interval.ms, log.flush.scheduler.interval.ms | Sync the log to disk when a record has waited so long.
follower.replication.throttled.replicas | list | | form replicas | medium | | Followers whose replication is throttled, as partition:broker, or "*".
index.interval.bytes | int | 4096 | 0.. | medium acts | log.index.interval.bytes | An index gets an entry every so many bytes of log.
internal.segment.bytes | int | ~ | | medium internal acts | | Overrides segment.bytes, without its lower bound, for tests.
leader.replication.throttled.replicas | list | | form replicas | medium | | Leaders whose replication is throttled, as partition:broker, or "*".
local.retention.bytes | long | -2 | -2.. | medium | log.local.retention.bytes | How much of a tiered partition stays local; -2 follows retention.bytes.
local.retention.ms | long | -2 | -2.. | medium | log.local.retention.ms | How long a tiered partition's segments stay local; -2 follows retention.ms.
max.compaction.lag.ms | long | 9223372036854775807 | 1.. | medium acts | log.cleaner.max.compaction.lag.ms | A record stays uncompacted no longer than this.
max.message.bytes | int | 1048588 | 0.. | medium acts | message.max.bytes | Largest batch that is accepted, as sent (compressed).
message.timestamp.after.max.ms | long | 3600000 | 0.. | medium acts | log.message.timestamp.after.max.ms | How far in the future a record's timestamp may be.
message.timestamp.before.max.ms | long | 9223372036854775807 | 0.. | medium acts | log.message.timestamp.before.max.ms | How far in the past a record's timestamp may be.
message.timestamp.type | string | CreateTime | one of CreateTime, LogAppendTime | medium acts | log.message.timestamp.type | Whether a record keeps its creator's time or gets the broker's.
min.cleanable.dirty.ratio | double | 0.5 | 0..1 | medium acts | log.cleaner.min.cleanable.ratio | How large the dirty part of the log must be before it is compacted.
min.compaction.lag.ms | long | 0 | 0.. | medium acts | log.cleaner.min.compaction.lag.ms | A record stays uncompacted at least this long.
min.insync.replicas | int | 1 | 1.. | medium acts | min.insync.replicas | With acks=all a write needs this many replicas in sync.
preallocate | boolean | false | | medium acts | log.preallocate | Whether new segment files get their full size at once.
remote.log.copy.disable | boolean | false | | medium | | Whether a tiered topic stops copying segments to remote storage.
remote.log.delete.on.disable | boolean | false | | medium | | Whether remote segments are deleted when tiering is switched off.
remote.storage.enable | boolean | false | | medium | | Whether old segments go to remote storage.
retention.bytes | long | -1 | | medium acts | log.retention.bytes | Oldest segments go when a partition is larger than this; -1 is no limit.
retention.ms | long | 604800000 | -1.. | medium acts | log.retention.ms, log.retention.minutes*60000, log.retention.hours*3600000 | Segments older than this go; -1 keeps them for ever.
segment.bytes | int | 1073741824 | 1048576.. | medium acts | log.segment.bytes | A segment's largest size.
segment.index.bytes | int | 10485760 | 4.. | medium acts | log.index.size.max.bytes | Largest index of a segment; a full one rolls the segment.
segment.jitter.ms | long | 0 | 0.. | medium acts | log.roll.jitter.ms, log.roll.jitter.hours*3600000 | A random part of this is taken off segment.ms, so that segments do not all roll at once.
segment.ms | long | 604800000 | 1.. | medium acts | log.roll.ms, log.roll.hours*3600000 | A new segment begins after so long, even if the old one is not full.
unclean.leader.election.enable | boolean | false | | medium | unclean.leader.election.enable | Whether a replica that is not in sync may lead when no other can; it may lose records.
`
