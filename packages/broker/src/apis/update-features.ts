import {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * UpdateFeatures (key 57), versions 0–2.
 *
 * Handed to the controller: the levels of features, all of them or none (KIP-584).
 *
 *   v1  kinds of upgrades, validate-only      v2  answers no feature one by one
 */
export const updateFeaturesApi: AnyApi = defineApi({
  request: UpdateFeaturesRequest,
  response: UpdateFeaturesResponse,
  handle: (request, { controller, apiVersion }) => controller.updateFeatures(request, apiVersion),
  waitsForOthers: true,
  refuse: (_request, { errorCode, message }) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: message,
    results: [],
  }),
})
