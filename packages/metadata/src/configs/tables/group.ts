/** A group's settings. Columns: see setting-table.ts. */
export const groupRows: string = `
consumer.assignment.interval.ms | int | 1000 | 0.. | medium | group.consumer.assignment.interval.ms | Least time between two assignments of this consumer group.
consumer.heartbeat.interval.ms | int | 5000 | 1.. | medium | group.consumer.heartbeat.interval.ms | How often members of this consumer group are told to send heartbeats.
consumer.session.timeout.ms | int | 45000 | 1.. | medium | group.consumer.session.timeout.ms | How long a silent member stays in this consumer group.
share.assignment.interval.ms | int | 1000 | 0.. | medium | group.share.assignment.interval.ms | Least time between two assignments of this share group.
share.auto.offset.reset | string | latest | form offset reset | medium | | Where a share group starts on a partition it has no state for.
share.delivery.count.limit | int | 5 | 2.. | medium | group.share.delivery.count.limit | How often a record is delivered to this share group before it is given up.
share.heartbeat.interval.ms | int | 5000 | 1.. | medium | group.share.heartbeat.interval.ms | How often members of this share group are told to send heartbeats.
share.isolation.level | string | read_uncommitted | one of read_committed, read_uncommitted | medium | | Whether a share group sees records of open transactions.
share.partition.max.record.locks | int | 2000 | 100.. | medium | group.share.partition.max.record.locks | Most records of a partition that this share group may have locked.
share.record.lock.duration.ms | int | 30000 | 1000.. | medium | group.share.record.lock.duration.ms | How long a delivered record is locked for its share consumer.
share.renew.acknowledge.enable | boolean | true | | medium | | Whether a share consumer may prolong its lock on a record.
share.session.timeout.ms | int | 45000 | 1.. | medium | group.share.session.timeout.ms | How long a silent member stays in this share group.
streams.assignment.interval.ms | int | 1000 | 0.. | medium | group.streams.assignment.interval.ms | Least time between two assignments of this streams group.
streams.heartbeat.interval.ms | int | 5000 | 1.. | medium | group.streams.heartbeat.interval.ms | How often members of this streams group are told to send heartbeats.
streams.initial.rebalance.delay.ms | int | 3000 | 0.. | medium | group.streams.initial.rebalance.delay.ms | How long this streams group, when new, waits for more members before it assigns tasks.
streams.num.standby.replicas | int | 0 | 0.. | medium | group.streams.num.standby.replicas | Standby replicas of each task of this streams group.
streams.session.timeout.ms | int | 45000 | 1.. | medium | group.streams.session.timeout.ms | How long a silent member stays in this streams group.
`
