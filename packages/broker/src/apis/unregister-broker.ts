import {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * UnregisterBroker (key 64), version 0.
 *
 * Handed to the controller, which forgets a broker that will not come back.
 */
export const unregisterBrokerApi: AnyApi = defineApi({
  request: UnregisterBrokerRequest,
  response: UnregisterBrokerResponse,
  handle: (request, { controller }) => controller.unregisterBroker(request),
  waitsForOthers: true,
  refuse: (_request, { errorCode, message }) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: message,
  }),
})
