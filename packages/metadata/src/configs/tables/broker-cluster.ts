/** The node, the controller, the metadata log and replication. Columns: see setting-table.ts. */
export const brokerCluster: string = `
alter.config.policy.class.name | class | ~ | | low | read-only | A class that may refuse changes of settings.
auto.create.topics.enable | boolean | true | | high acts | read-only | Whether a client that asks for a missing topic creates it.
auto.leader.rebalance.enable | boolean | true | | high | read-only | Whether leadership returns to preferred replicas by itself.
broker.heartbeat.interval.ms | int | 2000 | | medium acts | read-only | How often a broker tells the controller that it is alive.
broker.id | int | -1 | | high acts | read-only | An older name of node.id; when both are given they must be equal.
broker.rack | string | ~ | | medium acts | read-only | Where this broker stands, for rack-aware replica placement and fetching.
broker.session.timeout.ms | int | 9000 | | medium acts | read-only | How long the controller waits for a broker's heartbeat before it fences it.
controlled.shutdown.enable | boolean | true | | medium | read-only | Whether a broker hands its leaderships over before it stops.
controller.listener.names | list | CONTROLLER | not empty | high acts | read-only | Listeners that serve the controller; with broker and controller in one process they need not be bound.
controller.performance.always.log.threshold.ms | long | 2000 | 0.. | medium internal | read-only | A controller event slower than this is logged.
controller.performance.sample.period.ms | long | 60000 | 100.. | medium internal | read-only | How often the controller logs its timing.
controller.quorum.append.linger.ms | int | 25 | 0.. | medium | read-only | How long a quorum leader gathers records before it writes them.
controller.quorum.auto.join.enable | boolean | false | | low | read-only | Whether a controller joins the quorum by itself.
controller.quorum.bootstrap.servers | list | | form servers | high | read-only | Where to find the controller quorum.
controller.quorum.election.backoff.max.ms | int | 1000 | 0.. | high | read-only | Longest pause before another quorum election.
controller.quorum.election.timeout.ms | int | 1000 | 0.. | high | read-only | How long a candidate waits for votes.
controller.quorum.fetch.max.bytes | int | 1048576 | 1.. | low | read-only | Most bytes a quorum follower fetches at once.
controller.quorum.fetch.snapshot.max.bytes | int | 1048576 | 1.. | low | read-only | Most bytes of a metadata snapshot fetched at once.
controller.quorum.fetch.timeout.ms | int | 2000 | 0.. | high | read-only | How long a quorum follower hears nothing before it starts an election.
controller.quorum.request.timeout.ms | int | 2000 | 0.. | medium | read-only | How long a quorum request may take.
controller.quorum.retry.backoff.ms | int | 20 | 0.. | low | read-only | Pause before a quorum request is sent again.
controller.quorum.voters | list | | form voters | high | read-only | The controllers that vote, as id@host:port.
controller.quota.window.num | int | 11 | 1.. | low acts | read-only | How many samples the quota of topic changes remembers.
controller.quota.window.size.seconds | int | 1 | 1.. | low acts | read-only | How long each sample of that quota lasts.
controller.socket.timeout.ms | int | 30000 | | medium | read-only | How long a broker waits for the controller's answer.
create.topic.policy.class.name | class | ~ | | low | read-only | A class that may refuse new topics.
default.replication.factor | int | 1 | | medium acts | read-only | Replicas of a topic that is created without saying how many.
delete.topic.enable | boolean | true | | high acts | read-only | Whether topics can be deleted.
initial.broker.registration.timeout.ms | int | 60000 | | medium acts | read-only | How long a starting broker tries to register before it gives up.
inter.broker.listener.name | string | ~ | | medium | read-only | The listener brokers use among themselves.
internal.metadata.delete.delay.millis | long | 60000 | | low internal | read-only | How long a deleted metadata file stays on disk.
internal.metadata.log.segment.bytes | int | ~ | | low internal | read-only | Overrides metadata.log.segment.bytes, for tests.
internal.metadata.max.batch.size.in.bytes | int | 8388608 | | low internal | read-only | Largest batch of metadata records.
leader.imbalance.check.interval.seconds | long | 300 | 1.. | high | read-only | How often the controller looks whether leaders should move back.
metadata.log.dir | string | ~ | | high acts | read-only | Where the metadata log lives; unset, in the first log directory.
metadata.log.max.record.bytes.between.snapshots | long | 20971520 | 1.. | high acts | read-only | A metadata snapshot is made after so many bytes of records.
metadata.log.max.snapshot.interval.ms | long | 3600000 | 0.. | high | read-only | A metadata snapshot is made at least this often; 0 never for time alone.
metadata.log.segment.bytes | int | 1073741824 | 8388608.. | high acts | read-only | Largest segment of the metadata log.
metadata.log.segment.ms | long | 604800000 | | high | read-only | Longest life of the metadata log's active segment.
metadata.max.idle.interval.ms | int | 500 | 0.. | low | read-only | How often an idle quorum leader writes a no-op record.
metadata.max.retention.bytes | long | 104857600 | | high | read-only | Old metadata segments and snapshots go beyond this size.
metadata.max.retention.ms | long | 604800000 | | high | read-only | Old metadata segments and snapshots go beyond this age.
node.id | int | 1 | 0.. | high acts | read-only | This broker's number in the cluster.
num.partitions | int | 1 | 1.. | medium acts | read-only | Partitions of a topic that is created without saying how many.
num.replica.fetchers | int | 1 | 1.. | high | cluster-wide | Fetch loops a follower runs for each leader.
process.roles | list | broker,controller | each of broker, controller; not empty | high acts | read-only | What runs in this process; Ottla runs broker and controller together.
replica.fetch.backoff.ms | int | 1000 | 0.. | medium | read-only | How long a follower rests after a failed fetch.
replica.fetch.max.bytes | int | 1048576 | 0.. | medium | read-only | Bytes of a partition a follower fetches at once.
replica.fetch.min.bytes | int | 1 | | high | read-only | A follower's fetch waits for so many bytes.
replica.fetch.response.max.bytes | int | 10485760 | 0.. | medium | read-only | Most bytes a follower's fetch is answered with.
replica.fetch.wait.max.ms | int | 500 | | high | read-only | How long a follower's fetch waits at most.
replica.high.watermark.checkpoint.interval.ms | long | 5000 | | high acts | read-only | How often high watermarks are written to disk.
replica.lag.time.max.ms | long | 30000 | | high | read-only | A follower that has not caught up for so long leaves the ISR.
replica.selector.class | string | ~ | | medium | read-only | The class that chooses the replica a consumer reads from.
replica.socket.receive.buffer.bytes | int | 65536 | | high | read-only | Receive buffer of a follower's socket.
replica.socket.timeout.ms | int | 30000 | | high | read-only | How long a follower waits for an answer.
replication.quota.window.num | int | 11 | 1.. | low | read-only | How many samples replication quotas remember.
replication.quota.window.size.seconds | int | 1 | 1.. | low | read-only | How long each sample of replication quotas lasts.
server.max.startup.time.ms | long | 9223372036854775807 | 0.. | medium internal | read-only | How long the start may take.
unclean.leader.election.interval.ms | long | 300000 | 1.. | medium internal | read-only | How often the controller looks for partitions that need such an election.
unstable.api.versions.enable | boolean | false | | high internal | read-only | Whether API versions still in development are offered.
unstable.feature.versions.enable | boolean | false | | high internal | read-only | Whether feature levels still in development are offered.
`
