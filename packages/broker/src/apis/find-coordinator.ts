import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  FindCoordinatorResponse,
  FindCoordinatorRequest,
  type FindCoordinatorResponseInput,
} from '@ottla/protocol/messages/find-coordinator'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2

/**
 * FindCoordinator (key 10), versions 0–6.
 *
 * The broker that coordinates a group: the leader of the group's partition of `__consumer_offsets`,
 * a topic that the first such request creates.
 *
 *   v1  key types      v3  flexible      v4  several keys at once (KIP-699)      v6  share groups (KIP-932)
 *
 * Left out: coordinators of transactions and of share groups; asking for one is refused.
 */
export const findCoordinatorApi: AnyApi = defineApi({
  request: FindCoordinatorRequest,
  response: FindCoordinatorResponse,
  handle: findCoordinator,
  refuse: ({ coordinatorKeys }, error, { apiVersion }) => {
    const refusal = {
      errorCode: error.errorCode,
      errorMessage: error.message,
      nodeId: -1,
      host: '',
      port: -1,
    }
    if (apiVersion < 4) return refusal
    return { coordinators: coordinatorKeys.map((key) => ({ key, ...refusal })) }
  },
})

async function findCoordinator(
  request: FindCoordinatorRequest,
  context: RequestContext,
): Promise<FindCoordinatorResponseInput> {
  checkKeyType(request.keyType)
  if (context.apiVersion < 4) return { throttleTimeMs: 0, ...(await locate(request.key, context)) }
  const coordinators = []
  for (const key of request.coordinatorKeys) {
    coordinators.push({ key, ...(await locate(key, context)) })
  }
  return { throttleTimeMs: 0, coordinators }
}

function checkKeyType(keyType: number): void {
  if (keyType === GROUP) return
  if (keyType === TRANSACTION || keyType === SHARE) {
    const what = keyType === TRANSACTION ? 'transactions' : 'share groups'
    throw new KafkaError('INVALID_REQUEST', `${what} are not served by this broker`)
  }
  throw new KafkaError('INVALID_REQUEST', `key type ${keyType} is none of 0 (group), 1, 2`)
}

interface Located {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

async function locate(groupId: string, context: RequestContext): Promise<Located> {
  try {
    const leaderId = await context.groups.findCoordinator(groupId)
    const node = context.metadata
      .nodes(context.connection.listenerName)
      .find(({ nodeId }) => nodeId === leaderId)
    if (node === undefined) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    const { nodeId, host, port } = node
    // What Kafka says when all is well, in either form.
    return {
      errorCode: NO_ERROR,
      errorMessage: context.apiVersion < 4 ? 'NONE' : '',
      nodeId,
      host,
      port,
    }
  } catch (error) {
    const { errorCode, message } = context.asKafkaError(error)
    return { errorCode, errorMessage: message, nodeId: -1, host: '', port: -1 }
  }
}
