import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '@ottla/protocol/messages/alter-client-quotas'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * AlterClientQuotas (key 49), versions 0–1.
 *
 * Handed to the controller, which answers entity by entity (KIP-546). v1 is flexible.
 */
export const alterClientQuotasApi: AnyApi = defineApi({
  request: AlterClientQuotasRequest,
  response: AlterClientQuotasResponse,
  handle: (request, { controller }) => controller.alterClientQuotas(request),
  waitsForOthers: true,
  refuse: ({ entries }, { errorCode, message }) => ({
    throttleTimeMs: 0,
    entries: entries.map(({ entity }) => ({
      errorCode,
      errorMessage: message,
      entity: entity.map(({ entityType, entityName }) => ({ entityType, entityName })),
    })),
  }),
})
