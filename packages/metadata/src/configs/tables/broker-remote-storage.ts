/** Tiered storage. Columns: see setting-table.ts. */
export const brokerRemoteStorage: string = `
follower.fetch.last.tiered.offset.enable | boolean | false | | medium | cluster-wide | Whether a new follower of a tiered topic starts at its last tiered offset.
remote.fetch.max.wait.ms | int | 500 | 1.. | medium | cluster-wide | How long a fetch waits for remote storage.
remote.list.offsets.request.timeout.ms | long | 30000 | 1.. | medium | cluster-wide | How long ListOffsets waits for remote storage.
remote.log.index.file.cache.total.size.bytes | long | 1073741824 | 1.. | low | cluster-wide | Disk space for indexes fetched from remote storage.
remote.log.index.file.cache.ttl.ms | long | 900000 | -1.. | low internal | read-only | How long an unused remote index stays cached.
remote.log.manager.copier.thread.pool.size | int | 10 | 1.. | medium | cluster-wide | Threads that copy segments to remote storage.
remote.log.manager.copy.max.bytes.per.second | long | 9223372036854775807 | 1.. | medium | cluster-wide | Throttle of copies to remote storage.
remote.log.manager.copy.quota.window.num | int | 11 | 1.. | medium | read-only | How many samples that throttle remembers.
remote.log.manager.copy.quota.window.size.seconds | int | 1 | 1.. | medium | read-only | How long each sample of that throttle lasts.
remote.log.manager.expiration.thread.pool.size | int | 10 | 1.. | medium | cluster-wide | Threads that delete expired remote segments.
remote.log.manager.fetch.max.bytes.per.second | long | 9223372036854775807 | 1.. | medium | cluster-wide | Throttle of reads from remote storage.
remote.log.manager.fetch.quota.window.num | int | 11 | 1.. | medium | read-only | How many samples that throttle remembers.
remote.log.manager.fetch.quota.window.size.seconds | int | 1 | 1.. | medium | read-only | How long each sample of that throttle lasts.
remote.log.manager.follower.thread.pool.size | int | 2 | 1.. | medium | cluster-wide | Threads that follow tiered partitions.
remote.log.manager.task.interval.ms | long | 30000 | 1.. | low | read-only | How often each tiered partition is looked at.
remote.log.manager.task.retry.backoff.max.ms | long | 30000 | 1.. | low internal | read-only | Longest pause before remote work is tried again.
remote.log.manager.task.retry.backoff.ms | long | 500 | 1.. | low internal | read-only | First pause before remote work is tried again.
remote.log.manager.task.retry.jitter | double | 0.2 | 0..0.5 | low internal | read-only | Random share of those pauses.
remote.log.manager.thread.pool.size | int | 2 | 1.. | medium | read-only | Threads that schedule remote work.
remote.log.metadata.custom.metadata.max.bytes | int | 128 | 0.. | low | read-only | Largest note a remote storage plug-in may keep with a segment.
remote.log.metadata.manager.class.name | string | org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager | not empty | medium | read-only | The class that keeps track of remote segments.
remote.log.metadata.manager.class.path | string | ~ | | medium | read-only | Where to find that class.
remote.log.metadata.manager.impl.prefix | string | rlmm.config. | not empty | medium | read-only | Settings with this prefix go to that class.
remote.log.metadata.manager.listener.name | string | ~ | not empty | medium | read-only | The listener that class connects to.
remote.log.reader.max.pending.tasks | int | 100 | 1.. | medium | read-only | Most remote reads that wait.
remote.log.reader.threads | int | 10 | 1.. | medium | cluster-wide | Threads that read from remote storage.
remote.log.storage.manager.class.name | string | ~ | not empty | medium | read-only | The class that stores segments remotely.
remote.log.storage.manager.class.path | string | ~ | | medium | read-only | Where to find that class.
remote.log.storage.manager.impl.prefix | string | rsm.config. | not empty | medium | read-only | Settings with this prefix go to that class.
remote.log.storage.system.enable | boolean | false | | medium | read-only | Whether topics may be tiered to remote storage.
`
