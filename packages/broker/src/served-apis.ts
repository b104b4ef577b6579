import { alterClientQuotasApi } from './apis/alter-client-quotas.ts'
import { alterConfigsApi } from './apis/alter-configs.ts'
import { alterPartitionReassignmentsApi } from './apis/alter-partition-reassignments.ts'
import { alterReplicaLogDirsApi } from './apis/alter-replica-log-dirs.ts'
import { apiVersionsApi } from './apis/api-versions.ts'
import { createPartitionsApi } from './apis/create-partitions.ts'
import { createTopicsApi } from './apis/create-topics.ts'
import { deleteGroupsApi } from './apis/delete-groups.ts'
import { deleteRecordsApi } from './apis/delete-records.ts'
import { deleteTopicsApi } from './apis/delete-topics.ts'
import { describeClientQuotasApi } from './apis/describe-client-quotas.ts'
import { describeClusterApi } from './apis/describe-cluster.ts'
import { describeConfigsApi } from './apis/describe-configs.ts'
import { describeGroupsApi } from './apis/describe-groups.ts'
import { describeLogDirsApi } from './apis/describe-log-dirs.ts'
import { describeProducersApi } from './apis/describe-producers.ts'
import { describeQuorumApi } from './apis/describe-quorum.ts'
import { describeTopicPartitionsApi } from './apis/describe-topic-partitions.ts'
import { electLeadersApi } from './apis/elect-leaders.ts'
import { fetchApi } from './apis/fetch.ts'
import { findCoordinatorApi } from './apis/find-coordinator.ts'
import { heartbeatApi } from './apis/heartbeat.ts'
import { incrementalAlterConfigsApi } from './apis/incremental-alter-configs.ts'
import { initProducerIdApi } from './apis/init-producer-id.ts'
import { joinGroupApi } from './apis/join-group.ts'
import { leaveGroupApi } from './apis/leave-group.ts'
import { listConfigResourcesApi } from './apis/list-config-resources.ts'
import { listGroupsApi } from './apis/list-groups.ts'
import { listOffsetsApi } from './apis/list-offsets.ts'
import { listPartitionReassignmentsApi } from './apis/list-partition-reassignments.ts'
import { metadataApi } from './apis/metadata.ts'
import { offsetCommitApi } from './apis/offset-commit.ts'
import { offsetDeleteApi } from './apis/offset-delete.ts'
import { offsetFetchApi } from './apis/offset-fetch.ts'
import { offsetForLeaderEpochApi } from './apis/offset-for-leader-epoch.ts'
import { produceApi } from './apis/produce.ts'
import { syncGroupApi } from './apis/sync-group.ts'
import { unregisterBrokerApi } from './apis/unregister-broker.ts'
import { updateFeaturesApi } from './apis/update-features.ts'
import { type ApiTable, makeApiTable } from './network/api-table.ts'

/** Every API that this broker serves; ApiVersions tells clients exactly these. */
export const servedApis: ApiTable = makeApiTable([
  produceApi,
  fetchApi,
  listOffsetsApi,
  metadataApi,
  offsetCommitApi,
  offsetFetchApi,
  findCoordinatorApi,
  joinGroupApi,
  heartbeatApi,
  leaveGroupApi,
  syncGroupApi,
  describeGroupsApi,
  listGroupsApi,
  apiVersionsApi(() => servedApis),
  createTopicsApi,
  deleteTopicsApi,
  deleteRecordsApi,
  initProducerIdApi,
  offsetForLeaderEpochApi,
  describeConfigsApi,
  alterConfigsApi,
  alterReplicaLogDirsApi,
  describeLogDirsApi,
  createPartitionsApi,
  deleteGroupsApi,
  electLeadersApi,
  incrementalAlterConfigsApi,
  alterPartitionReassignmentsApi,
  listPartitionReassignmentsApi,
  offsetDeleteApi,
  describeClientQuotasApi,
  alterClientQuotasApi,
  describeQuorumApi,
  updateFeaturesApi,
  describeClusterApi,
  describeProducersApi,
  unregisterBrokerApi,
  describeTopicPartitionsApi,
  listConfigResourcesApi,
])
