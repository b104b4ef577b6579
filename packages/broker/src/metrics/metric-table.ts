/**
 * Every metric that a broker shows: name, type, labels, meaning. docs/metrics.md is held to it by a test.
 *
 * A metric that Apache Kafka has carries Kafka's name, in the form that the usual rules of Prometheus'
 * JMX exporter give it (`kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec` is
 * `kafka_server_brokertopicmetrics_messagesin_total`), so that dashboards made for Kafka go on working;
 * consumer groups have the names of kafka_exporter, processes those of Prometheus' client libraries.
 * What nobody else has begins with `ottla_`.
 *
 * Durations are histograms, where Kafka shows quantiles; in milliseconds where Kafka's name says so.
 *
 *   name | type | labels, with blanks between them | meaning
 */
const rows = `
kafka_network_requestmetrics_requests_total | counter | request version | Requests answered, by API. Fetch counts as FetchConsumer, or FetchFollower.
kafka_network_requestmetrics_errors_total | counter | request error | Error codes in answers, NONE among them: one for each partition, topic, group … of an answer.
kafka_network_requestmetrics_totaltimems | histogram | request | From the last byte of a request to its answer being with the socket.
kafka_network_requestmetrics_requestqueuetimems | histogram | request | Of that: waiting to be begun.
kafka_network_requestmetrics_localtimems | histogram | request | Of that: this broker's own work, reading from disk included.
kafka_network_requestmetrics_remotetimems | histogram | request | Of that: waiting for others: bytes to fetch, replicas, members of a group, the controller.
kafka_network_requestmetrics_responsesendtimems | histogram | request | Of that: the answer waiting for its turn and being written.
kafka_network_requestmetrics_throttletimems | histogram | request | Of requests over a quota: how long their client was throttled after the answer.
kafka_network_requestmetrics_requestbytes | histogram | request | Sizes of requests.
ottla_network_requestmetrics_responsebytes | histogram | request | Sizes of answers.
ottla_network_unreadablerequests_total | counter | error | Frames that could not be understood: their connections were closed.
kafka_server_brokertopicmetrics_messagesin_total | counter | topic | Records appended.
kafka_server_brokertopicmetrics_bytesin_total | counter | topic | Bytes of batches appended, as they came.
kafka_server_brokertopicmetrics_bytesrejected_total | counter | topic | Bytes of batches refused.
kafka_server_brokertopicmetrics_totalproducerequests_total | counter | topic | Produce requests, each counted once for each partition it has.
kafka_server_brokertopicmetrics_failedproducerequests_total | counter | topic | Of those: refused, whatever the error.
ottla_server_brokertopicmetrics_messagesout_total | counter | topic | Offsets handed out to consumers: the records, and the gaps that compaction left.
kafka_server_brokertopicmetrics_bytesout_total | counter | topic | Bytes of batches handed out to consumers.
kafka_server_brokertopicmetrics_totalfetchrequests_total | counter | topic | Answered fetches, each counted once for each partition it read.
kafka_server_brokertopicmetrics_failedfetchrequests_total | counter | topic | Of those: refused, whatever the error.
kafka_log_log_size | gauge | topic partition | Bytes of a log.
kafka_log_log_logstartoffset | gauge | topic partition | The first offset that can be read.
kafka_log_log_logendoffset | gauge | topic partition | The offset of the next record.
kafka_log_log_numlogsegments | gauge | topic partition | Segments of a log.
kafka_log_logmanager_offlinelogdirectorycount | gauge | | Data directories whose disks failed, at the start or since.
kafka_log_logmanager_logdirectoryoffline | gauge | logDirectory | 1 for a data directory whose disk failed.
ottla_log_logdirectory_totalbytes | gauge | logDirectory | Size of the file system that a data directory is on.
ottla_log_logdirectory_usablebytes | gauge | logDirectory | What is left of it.
kafka_log_logflushstats_logflushrateandtimems | histogram | | Syncs of logs to the disk, and the time they took.
kafka_log_logcleaner_deadthreadcount | gauge | | 1 when compaction stopped for a mistake of its own: a restart begins it again.
kafka_log_logcleaner_max_clean_time_secs | gauge | | How long the last cleaning of a log took.
kafka_log_logcleaner_max_compaction_delay_secs | gauge | | The longest that a log has waited beyond its max.compaction.lag.ms.
kafka_log_logcleaner_max_buffer_utilization_percent | gauge | | How full the table of keys got in the last cleaning.
kafka_log_logcleaner_cleaner_recopy_percent | gauge | | What the last cleaning wrote of what it read.
kafka_log_logcleanermanager_max_dirty_percent | gauge | | The most that any compacted log is dirty.
kafka_log_logcleanermanager_time_since_last_run_ms | gauge | | Since compaction last looked for work.
kafka_log_logcleanermanager_uncleanable_partitions_count | gauge | | Logs that are compacted no more because cleaning them failed.
kafka_log_logcleanermanager_uncleanable_bytes | gauge | | Their bytes that should be.
ottla_log_log_dirtyratio | gauge | topic partition | How much of a compacted log is dirty: 0 to 1.
ottla_log_log_bytescleaned_total | counter | topic partition | What cleanings took away from it.
kafka_server_replicamanager_partitioncount | gauge |  | Replicas on this broker.
kafka_server_replicamanager_leadercount | gauge |  | Of those: led by this broker.
kafka_server_replicamanager_underreplicatedpartitions | gauge |  | Led here, with fewer replicas in sync than there are.
kafka_server_replicamanager_underminisrpartitioncount | gauge |  | Led here, with fewer replicas in sync than min.insync.replicas.
kafka_server_replicamanager_offlinereplicacount | gauge |  | Replicas here whose log takes no requests because its disk failed.
kafka_controller_kafkacontroller_activecontrollercount | gauge |  | 1 on the node whose controller is active.
kafka_controller_kafkacontroller_activebrokercount | gauge |  | Brokers that serve clients.
kafka_controller_kafkacontroller_fencedbrokercount | gauge |  | Registered brokers that do not.
kafka_controller_kafkacontroller_globaltopiccount | gauge |  | Topics of the cluster.
kafka_controller_kafkacontroller_globalpartitioncount | gauge |  | Partitions of the cluster.
kafka_controller_kafkacontroller_offlinepartitionscount | gauge |  | Of those: without a leader.
kafka_server_raft_metrics_current_epoch | gauge |  | The epoch of the metadata log.
kafka_server_raft_metrics_log_end_offset | gauge |  | Where the metadata log ends.
kafka_server_broker_metadata_metrics_last_applied_record_offset | gauge |  | The last record of the metadata log that this broker acts by.
ottla_server_broker_metadata_metrics_last_applied_record_timestamp_seconds | gauge |  | When that record was appended, in Unix time.
kafka_server_snapshotemitter_latestsnapshotgeneratedbytes | gauge | | Of the latest snapshot of the metadata log that was made since the start.
kafka_server_snapshotemitter_latestsnapshotgeneratedagems | gauge | | How long ago that was.
kafka_server_kafkaserver_brokerstate | gauge |  | Kafka's number: 1 starting, 2 recovering logs, 3 running, 6 shutting down, 0 stopped.
kafka_server_socket_server_metrics_connection_count | gauge | listener | Open connections.
kafka_server_socket_server_metrics_connection_creation_total | counter | listener | Connections taken.
kafka_server_socket_server_metrics_connection_close_total | counter | listener | Of those: ended.
ottla_server_socket_server_metrics_connection_refused_total | counter | listener | Connections that were not taken: too many were open, or they came too fast.
kafka_network_socketserver_memorypoolused | gauge |  | Bytes of requests in work; queued.max.request.bytes bounds them.
kafka_network_socketserver_memorypoolavailable | gauge |  | Bytes until that bound; +Inf without one.
kafka_server_delayedoperationpurgatory_purgatorysize | gauge | delayedOperation | What waits: Fetch requests for bytes, partitions of Produce requests for replicas or the disk, members (Rebalance) for a join.
kafka_coordinator_group_groupmetadatamanager_numgroups | gauge | | Groups that this broker coordinates.
kafka_coordinator_group_groupmetadatamanager_numgroupsempty | gauge | | Of those: without members.
kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance | gauge | | Of those: waiting for members to join.
kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance | gauge | | Of those: waiting for the leader's assignment.
kafka_coordinator_group_groupmetadatamanager_numgroupsstable | gauge | | Of those: with an assignment.
kafka_coordinator_group_groupmetadatamanager_numoffsets | gauge | | Offsets that they have committed.
kafka_consumergroup_members | gauge | consumergroup | Members of a group.
kafka_consumergroup_current_offset | gauge | consumergroup topic partition | What a group has committed.
kafka_consumergroup_lag | gauge | consumergroup topic partition | Records behind that, up to the high watermark.
kafka_consumergroup_lag_seconds | gauge | consumergroup topic partition | How long the first of them has been waiting: the age of its batch's latest timestamp.
kafka_server_fetchsessioncache_numincrementalfetchsessions | gauge |  | Incremental fetch sessions.
process_start_time_seconds | gauge |  | When the process began, in Unix time.
process_cpu_seconds_total | counter |  | CPU time used.
process_resident_memory_bytes | gauge |  | Memory that the process has.
process_open_fds | gauge |  | Open file descriptors.
process_max_fds | gauge |  | File descriptors that the process may have (ulimit -n).
nodejs_heap_size_used_bytes | gauge |  | Of the JavaScript heap: in use.
nodejs_heap_size_total_bytes | gauge |  | The JavaScript heap.
nodejs_external_memory_bytes | gauge |  | Buffers and the like, outside of the heap.
nodejs_eventloop_lag_mean_seconds | gauge |  | How long turns of the event loop took since the last look, in the mean.
nodejs_eventloop_lag_p50_seconds | gauge |  | Half of them took no longer.
nodejs_eventloop_lag_p99_seconds | gauge |  | 99 of 100 took no longer.
nodejs_eventloop_lag_max_seconds | gauge |  | The longest.
nodejs_eventloop_utilization | gauge |  | Busy part of the time since the last look: 0 to 1.
nodejs_gc_duration_seconds | summary | kind | Garbage collections, and the time they took.
`

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

/** One metric: what it is called, and what it means. */
export interface Metric {
  readonly name: string
  readonly type: MetricType
  readonly labels: readonly string[]
  readonly help: string
}

/** In the order in which they are shown. */
export const metricTable: ReadonlyMap<string, Metric> = new Map(
  rows.trim().split('\n').map(readRow),
)

function readRow(row: string): [string, Metric] {
  const [name = '', type = '', labels = '', help = ''] = row.split('|').map((cell) => cell.trim())
  return [name, { name, type: type as MetricType, labels: labels.split(' ').filter(Boolean), help }]
}
