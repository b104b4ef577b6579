import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  DescribeClusterResponse,
  DescribeClusterRequest,
  type DescribeClusterResponseInput,
} from '@ottla/protocol/messages/describe-cluster'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'
import { clusterOperations, OPERATIONS_NOT_ASKED } from '../security/authorized-operations.ts'

const BROKERS = 1
const CONTROLLERS = 2

/**
 * DescribeCluster (key 60), versions 0–2.
 *
 *   v1  brokers or controllers (KIP-919): a broker's listener describes brokers only
 *   v2  fenced brokers, when asked for (KIP-1073)
 */
export const describeClusterApi: AnyApi = defineApi({
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
  handle: describeCluster,
  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.errorCode,
    errorMessage: error.message,
    clusterId: '',
    controllerId: -1,
    brokers: [],
  }),
})

function describeCluster(
  request: DescribeClusterRequest,
  { metadata, connection }: RequestContext,
): DescribeClusterResponseInput {
  if (request.endpointType === CONTROLLERS) {
    throw new KafkaError(
      'MISMATCHED_ENDPOINT_TYPE',
      'this listener describes brokers; ask a controller for controllers',
    )
  }
  if (request.endpointType !== BROKERS) {
    throw new KafkaError(
      'UNSUPPORTED_ENDPOINT_TYPE',
      `endpoint type ${request.endpointType} is neither brokers (1) nor controllers (2)`,
    )
  }
  const alive = metadata.nodes(connection.listenerName)
  const nodes = metadata.nodes(connection.listenerName, request.includeFencedBrokers)
  return {
    throttleTimeMs: 0,
    errorCode: NO_ERROR,
    errorMessage: null,
    endpointType: BROKERS,
    clusterId: metadata.clusterId,
    controllerId: alive[0]?.nodeId ?? -1,
    brokers: nodes.map(({ nodeId, host, port, rack, isFenced }) => ({
      brokerId: nodeId,
      host,
      port,
      rack,
      isFenced,
    })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations
      : OPERATIONS_NOT_ASKED,
  }
}
