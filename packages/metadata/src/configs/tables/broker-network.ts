/** Listeners, connections, requests, quotas and metrics. Columns: see setting-table.ts. */
export const brokerNetwork: string = `
advertised.listeners | list | ~ | not empty | high acts | read-only | The addresses clients are told to use, as NAME://host:port; unset, those of listeners (localhost where they name no host).
alter.log.dirs.replication.quota.window.num | int | 11 | 1.. | low | read-only | How many samples the throttle of moves between log directories remembers.
alter.log.dirs.replication.quota.window.size.seconds | int | 1 | 1.. | low | read-only | How long each sample of that throttle lasts.
background.threads | int | 10 | 1.. | high | cluster-wide | Threads for background work in Kafka; Ottla has one event loop.
client.quota.callback.class | class | ~ | | low | read-only | A class that computes client quotas.
config.providers | list | | | low | cluster-wide | Names of providers that fill in references in other settings.
connections.max.idle.ms | long | 600000 | | medium acts | read-only | A connection that was silent for so long is closed.
delete.records.purgatory.purge.interval.requests | int | 1 | | medium | read-only | Kafka's housekeeping of waiting DeleteRecords; Ottla needs none.
fetch.max.bytes | int | 57671680 | 1024.. | medium acts | read-only | Most bytes one fetch is answered with, whatever it asks for; a single larger batch still passes.
fetch.purgatory.purge.interval.requests | int | 1000 | | medium | read-only | Kafka's housekeeping of waiting fetches; Ottla needs none.
kafka.metrics.polling.interval.secs | int | 10 | 1.. | low | read-only | How often Kafka's own metrics reporters are asked.
kafka.metrics.reporters | list | | | low | read-only | Classes that report Kafka's old metrics.
listener.security.protocol.map | string | SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT | | low acts | per-broker | The security protocol of every listener name, as NAME:PROTOCOL.
listeners | list | PLAINTEXT://:9092 | not empty | high acts | per-broker | The addresses to bind, as NAME://host:port; no host binds all, port 0 takes a free one.
max.connection.creation.rate | int | 2147483647 | 0.. | medium acts | cluster-wide | Most new connections a second.
max.connections | int | 2147483647 | 0.. | medium acts | cluster-wide | Most connections of this broker.
max.connections.per.ip | int | 2147483647 | 0.. | medium acts | cluster-wide | Most connections from one address.
max.connections.per.ip.overrides | string | | | medium acts | cluster-wide | Other limits for some addresses, as host:count.
max.incremental.fetch.session.cache.slots | int | 1000 | 0.. | medium acts | read-only | How many incremental fetch sessions are kept.
max.request.partition.size.limit | int | 2000 | 1.. | medium acts | read-only | Most partitions one DescribeTopicPartitions is answered with.
metric.reporters | list | org.apache.kafka.common.metrics.JmxReporter | | low | cluster-wide | Classes that report metrics.
metrics.num.samples | int | 2 | 1.. | low | read-only | How many samples a metric remembers.
metrics.recording.level | string | INFO | | low | read-only | Which sensors record.
metrics.sample.window.ms | long | 30000 | 1.. | low | read-only | How long each sample of a metric lasts.
num.io.threads | int | 8 | 1.. | high | cluster-wide | Kafka's request threads; Ottla has one event loop.
num.network.threads | int | 3 | 1.. | high | cluster-wide | Kafka's network threads; Ottla has one event loop.
producer.purgatory.purge.interval.requests | int | 1000 | | medium | read-only | Kafka's housekeeping of waiting produce requests; Ottla needs none.
queued.max.request.bytes | long | -1 | | medium acts | read-only | Most bytes of requests in work before reading from clients stops; -1 is no limit.
queued.max.requests | int | 500 | 1.. | high | read-only | Most requests in work before reading from clients stops.
quota.window.num | int | 11 | 1.. | low acts | read-only | How many samples client quotas remember.
quota.window.size.seconds | int | 1 | 1.. | low acts | read-only | How long each sample of client quotas lasts.
request.timeout.ms | int | 30000 | | high | read-only | How long this broker's own requests wait for an answer.
socket.connection.setup.timeout.max.ms | long | 30000 | | medium | read-only | Longest wait for a connection to another broker.
socket.connection.setup.timeout.ms | long | 10000 | | medium | read-only | First wait for a connection to another broker.
socket.listen.backlog.size | int | 50 | 1.. | medium | read-only | How many connections may wait to be accepted.
socket.receive.buffer.bytes | int | 102400 | | high | read-only | Receive buffer of a client's socket.
socket.request.max.bytes | int | 104857600 | 1.. | high acts | read-only | Largest request that is read; a larger one closes its connection.
socket.send.buffer.bytes | int | 102400 | | high | read-only | Send buffer of a client's socket.
telemetry.max.bytes | int | 1048576 | 1.. | low | read-only | Largest metrics report a client may push.
`
