import { ElectLeadersRequest, ElectLeadersResponse } from '@ottla/protocol/messages/elect-leaders'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * ElectLeaders (key 43), versions 0–2.
 *
 * Handed to the controller, which answers partition by partition (KIP-183, KIP-460).
 *
 *   v1  unclean elections, and an error of the whole request      v2  flexible
 */
export const electLeadersApi: AnyApi = defineApi({
  request: ElectLeadersRequest,
  response: ElectLeadersResponse,
  handle: (request, { controller }) => controller.electLeaders(request),
  waitsForOthers: true,
  refuse: (_request, { errorCode }) => ({
    throttleTimeMs: 0,
    errorCode,
    replicaElectionResults: [],
  }),
})
