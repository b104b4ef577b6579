/** Groups, their offsets and the share coordinator. Columns: see setting-table.ts. */
export const brokerGroups: string = `
group.consumer.assignment.interval.ms | int | 1000 | 0.. | medium | cluster-wide | Least time between two assignments of a consumer group.
group.consumer.assignors | list | uniform,range | not empty | medium | read-only | Server-side assignors of consumer groups; the first is the default.
group.consumer.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | How often members of consumer groups are told to send heartbeats.
group.consumer.max.assignment.interval.ms | int | 15000 | 0.. | medium | read-only | The most a group's own assignment interval may be.
group.consumer.max.heartbeat.interval.ms | int | 15000 | 1.. | medium | read-only | The most a group's own heartbeat interval may be.
group.consumer.max.session.timeout.ms | int | 60000 | 1.. | medium | read-only | The most a consumer group's own session timeout may be.
group.consumer.max.size | int | 2147483647 | 1.. | medium | read-only | Most members of one consumer group.
group.consumer.migration.policy | string | bidirectional | any case of BIDIRECTIONAL, DISABLED, DOWNGRADE, UPGRADE | medium | read-only | Which way groups may move between the classic and the consumer protocol.
group.consumer.min.assignment.interval.ms | int | 0 | 0.. | medium | read-only | The least a group's own assignment interval may be.
group.consumer.min.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | The least a group's own heartbeat interval may be.
group.consumer.min.session.timeout.ms | int | 45000 | 1.. | medium | read-only | The least a consumer group's own session timeout may be.
group.consumer.regex.refresh.interval.ms | int | 600000 | 10000.. | medium internal | read-only | How often a group's topic pattern is matched again.
group.consumer.session.timeout.ms | int | 45000 | 1.. | medium | read-only | How long a silent member stays in a consumer group.
group.coordinator.append.linger.ms | int | -1 | -1.. | medium | read-only | How long the group coordinator gathers records before it writes them; -1 adapts.
group.coordinator.background.threads | int | 2 | 1.. | high | read-only | Threads for the coordinator's background work in Kafka; Ottla has one event loop.
group.coordinator.cached.buffer.max.bytes | int | 1048588 | 524288.. | medium | cluster-wide | Largest buffer the group coordinator keeps for reuse.
group.coordinator.rebalance.protocols | list | classic,consumer,streams | each of classic, consumer, share, streams; not empty | medium | read-only | The group protocols that are on.
group.coordinator.threads | int | 4 | 1.. | high | read-only | Threads of the group coordinator in Kafka; Ottla has one event loop.
group.initial.rebalance.delay.ms | int | 3000 | | medium acts | read-only | How long a new classic group waits for more members before its first rebalance.
group.max.session.timeout.ms | int | 1800000 | | medium acts | read-only | The most a classic member may ask as session timeout.
group.max.size | int | 2147483647 | 1.. | medium acts | read-only | Most members of one classic group.
group.min.session.timeout.ms | int | 6000 | | medium acts | read-only | The least a classic member may ask as session timeout.
group.share.assignment.interval.ms | int | 1000 | 0.. | medium | cluster-wide | Least time between two assignments of a share group.
group.share.assignors | list | simple | not empty | medium | read-only | Server-side assignors of share groups.
group.share.delivery.count.limit | int | 5 | 2..10 | medium | read-only | How often a record is delivered to a share group before it is given up.
group.share.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | How often members of share groups are told to send heartbeats.
group.share.initialize.retry.interval.ms | int | 30000 | 1.. | low internal | read-only | Pause before a share group's state is initialized again.
group.share.max.assignment.interval.ms | int | 15000 | 0.. | medium | read-only | The most a share group's own assignment interval may be.
group.share.max.delivery.count.limit | int | 10 | 5..25 | medium | read-only | The most a share group's own delivery limit may be.
group.share.max.heartbeat.interval.ms | int | 15000 | 1.. | medium | read-only | The most a share group's own heartbeat interval may be.
group.share.max.partition.max.record.locks | int | 4000 | 2000..10000 | medium | read-only | The most a share group's own limit of locked records may be.
group.share.max.record.lock.duration.ms | int | 60000 | 30000..3600000 | medium | read-only | The most a share group's own lock duration may be.
group.share.max.session.timeout.ms | int | 60000 | 1.. | medium | read-only | The most a share group's own session timeout may be.
group.share.max.share.sessions | int | 2000 | 1.. | medium | read-only | Most share sessions of one broker.
group.share.max.size | int | 200 | 1..1000 | medium | read-only | Most members of one share group.
group.share.min.assignment.interval.ms | int | 0 | 0.. | medium | read-only | The least a share group's own assignment interval may be.
group.share.min.delivery.count.limit | int | 2 | 2..5 | medium | read-only | The least a share group's own delivery limit may be.
group.share.min.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | The least a share group's own heartbeat interval may be.
group.share.min.partition.max.record.locks | int | 100 | 100..2000 | medium | read-only | The least a share group's own limit of locked records may be.
group.share.min.record.lock.duration.ms | int | 15000 | 1000..30000 | medium | read-only | The least a share group's own lock duration may be.
group.share.min.session.timeout.ms | int | 45000 | 1.. | medium | read-only | The least a share group's own session timeout may be.
group.share.partition.max.record.locks | int | 2000 | 100..10000 | medium | read-only | Most records of a partition that a share group may have locked.
group.share.persister.class.name | string | org.apache.kafka.server.share.persister.DefaultStatePersister | | medium internal | read-only | The class that keeps share groups' state.
group.share.record.lock.duration.ms | int | 30000 | 1000..3600000 | medium | read-only | How long a delivered record is locked for its share consumer.
group.share.session.timeout.ms | int | 45000 | 1.. | medium | read-only | How long a silent member stays in a share group.
group.streams.assignment.interval.ms | int | 1000 | 0.. | medium | cluster-wide | Least time between two assignments of a streams group.
group.streams.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | How often members of streams groups are told to send heartbeats.
group.streams.initial.rebalance.delay.ms | int | 3000 | 0.. | medium | read-only | How long a new streams group waits for more members before it assigns tasks.
group.streams.max.assignment.interval.ms | int | 15000 | 0.. | medium | read-only | The most a streams group's own assignment interval may be.
group.streams.max.heartbeat.interval.ms | int | 15000 | 1.. | medium | read-only | The most a streams group's own heartbeat interval may be.
group.streams.max.session.timeout.ms | int | 60000 | 1.. | medium | read-only | The most a streams group's own session timeout may be.
group.streams.max.size | int | 2147483647 | 1.. | medium | read-only | Most members of one streams group.
group.streams.max.standby.replicas | int | 2 | 0.. | medium | read-only | The most standby replicas a streams group may ask for.
group.streams.min.assignment.interval.ms | int | 0 | 0.. | medium | read-only | The least a streams group's own assignment interval may be.
group.streams.min.heartbeat.interval.ms | int | 5000 | 1.. | medium | read-only | The least a streams group's own heartbeat interval may be.
group.streams.min.session.timeout.ms | int | 45000 | 1.. | medium | read-only | The least a streams group's own session timeout may be.
group.streams.num.standby.replicas | int | 0 | 0.. | medium | read-only | Standby replicas of each task of a streams group.
group.streams.session.timeout.ms | int | 45000 | 1.. | medium | read-only | How long a silent member stays in a streams group.
offset.metadata.max.bytes | int | 4096 | | high acts | read-only | Largest note that may be committed with an offset.
offsets.commit.timeout.ms | int | 5000 | 1.. | high | read-only | How long a commit may wait to be replicated.
offsets.load.buffer.size | int | 5242880 | 1.. | high | read-only | How much is read at once when groups are loaded.
offsets.retention.check.interval.ms | long | 600000 | 1.. | high acts | read-only | How often to look for committed offsets that expired.
offsets.retention.minutes | int | 10080 | 1.. | high acts | read-only | How long the offsets of an empty group are kept.
offsets.topic.compression.codec | int | 0 | | high acts | read-only | The codec of __consumer_offsets, by number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
offsets.topic.num.partitions | int | 50 | 1.. | high acts | read-only | Partitions of __consumer_offsets; not to be changed once it exists.
offsets.topic.replication.factor | short | 3 | 1.. | high acts | read-only | Replicas of __consumer_offsets; unless it is set, no more than there are brokers.
offsets.topic.segment.bytes | int | 104857600 | 1.. | high acts | read-only | Segment size of __consumer_offsets.
share.coordinator.append.linger.ms | int | -1 | -1.. | medium | read-only | How long the share coordinator gathers records before it writes them; -1 adapts.
share.coordinator.cached.buffer.max.bytes | int | 1048588 | 524288.. | medium | cluster-wide | Largest buffer the share coordinator keeps for reuse.
share.coordinator.cold.partition.snapshot.interval.ms | int | 300000 | 1.. | low internal | read-only | How often quiet share partitions are snapshotted.
share.coordinator.load.buffer.size | int | 5242880 | 1.. | high | read-only | How much is read at once when share state is loaded.
share.coordinator.snapshot.update.records.per.snapshot | int | 500 | 0..500 | medium | read-only | A share partition is snapshotted after so many updates.
share.coordinator.state.topic.compression.codec | int | 0 | | high | read-only | The codec of __share_group_state, by number.
share.coordinator.state.topic.min.isr | short | 2 | 1.. | high | read-only | min.insync.replicas of __share_group_state.
share.coordinator.state.topic.num.partitions | int | 50 | 1.. | high | read-only | Partitions of __share_group_state.
share.coordinator.state.topic.prune.interval.ms | int | 300000 | 1.. | low internal | read-only | How often old share state is pruned.
share.coordinator.state.topic.replication.factor | short | 3 | 1.. | high | read-only | Replicas of __share_group_state; unless it is set, no more than there are brokers.
share.coordinator.state.topic.segment.bytes | int | 104857600 | 1.. | high | read-only | Segment size of __share_group_state.
share.coordinator.threads | int | 1 | 1.. | medium | read-only | Threads of the share coordinator in Kafka; Ottla has one event loop.
share.coordinator.write.timeout.ms | int | 5000 | 1.. | high | read-only | How long a write of share state may wait to be replicated.
share.fetch.purgatory.purge.interval.requests | int | 1000 | | medium | read-only | Kafka's housekeeping of waiting share fetches; Ottla needs none.
`
