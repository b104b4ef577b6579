/** Transactions and idempotent producers. Columns: see setting-table.ts. */
export const brokerTransactions: string = `
add.partitions.to.txn.retry.backoff.max.ms | int | 100 | 0.. | high | read-only | Longest pause between a broker's tries to add a partition to a transaction.
add.partitions.to.txn.retry.backoff.ms | int | 20 | 1.. | high | read-only | First pause between a broker's tries to add a partition to a transaction.
producer.id.expiration.check.interval.ms | int | 600000 | 1.. | low internal acts | read-only | How often to look for producer ids to forget.
producer.id.expiration.ms | int | 86400000 | 1.. | low acts | cluster-wide | An idempotent producer that was silent for so long is forgotten.
transaction.abort.timed.out.transaction.cleanup.interval.ms | int | 10000 | 1.. | low | read-only | How often transactions that timed out are aborted.
transaction.max.timeout.ms | int | 900000 | 1.. | high | read-only | The longest timeout a transactional producer may ask for.
transaction.partition.verification.enable | boolean | true | | low | cluster-wide | Whether a write in a transaction is checked against the coordinator.
transaction.remove.expired.transaction.cleanup.interval.ms | int | 3600000 | 1.. | low | read-only | How often expired transactional ids are removed.
transaction.state.log.load.buffer.size | int | 5242880 | 1.. | high | read-only | How much is read at once when transactions are loaded.
transaction.state.log.min.isr | int | 2 | 1.. | high | read-only | min.insync.replicas of __transaction_state.
transaction.state.log.num.partitions | int | 50 | 1.. | high | read-only | Partitions of __transaction_state; not to be changed once it exists.
transaction.state.log.replication.factor | short | 3 | 1.. | high | read-only | Replicas of __transaction_state; unless it is set, no more than there are brokers.
transaction.state.log.segment.bytes | int | 104857600 | 1.. | high | read-only | Segment size of __transaction_state.
transaction.two.phase.commit.enable | boolean | false | | low | read-only | Whether transactions may be prepared and committed from outside.
transactional.id.expiration.ms | int | 604800000 | 1.. | high | read-only | A transactional id that was not used for so long is forgotten.
`
