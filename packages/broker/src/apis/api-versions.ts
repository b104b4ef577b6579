import { NO_ERROR, errorNumber } from '@ottla/protocol'
import {
  ApiVersionsResponse,
  ApiVersionsRequest,
  type ApiVersionsResponseInput,
} from '@ottla/protocol/messages/api-versions'
import { KafkaError } from '@ottla/protocol'
import { servedFeatures } from '../features.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { ApiTable, ServedVersions } from '../network/api-table.ts'
import type { RequestContext } from '../network/request-context.ts'

export const API_VERSIONS_KEY = 18

/** What KIP-511 lets a client call itself. */
const softwareNameOrVersion = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/**
 * ApiVersions (key 18), versions 0–4.
 *
 * Says which APIs are served here in which versions. A version that this broker does not know is
 * answered in version 0 with UNSUPPORTED_VERSION and the versions of ApiVersions alone, so that any
 * client can begin. The answer's header never has tags.
 *
 *   v1  throttle time      v3  flexible; the client's name and version (KIP-511); features (KIP-584)
 *   v4  features whose lowest level is 0 are listed
 *
 * @param apis The table itself: read when a request comes, since this API is part of it.
 */
export function apiVersionsApi(apis: () => ApiTable): AnyApi {
  return defineApi({
    request: ApiVersionsRequest,
    response: ApiVersionsResponse,
    handle: (request: ApiVersionsRequest, context) => apiVersions(request, context, apis()),
    refuse: (_request, error) => ({ errorCode: error.errorCode, apiKeys: [] }),
  })
}

function apiVersions(
  request: ApiVersionsRequest,
  { apiVersion, metadata }: RequestContext,
  apis: ApiTable,
): ApiVersionsResponseInput {
  if (apiVersion >= 3) {
    checkSoftware('client software name', request.clientSoftwareName)
    checkSoftware('client software version', request.clientSoftwareVersion)
  }
  const { image } = metadata
  return {
    errorCode: NO_ERROR,
    throttleTimeMs: 0,
    apiKeys: [...apis.values()].sort((a, b) => a.key - b.key).map(versionsOf),
    supportedFeatures: servedFeatures
      .filter(({ min }) => apiVersion >= 4 || min > 0)
      .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: image.offset,
    finalizedFeatures: servedFeatures
      .map(({ name }) => ({ name, level: image.featureLevel(name) }))
      .filter(({ level }) => level > 0)
      .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    zkMigrationReady: false,
  }
}

/** The answer to a version that is not served, in version 0. */
export function unsupportedApiVersions(served: ServedVersions): ApiVersionsResponseInput {
  return { errorCode: errorNumber('UNSUPPORTED_VERSION'), apiKeys: [versionsOf(served)] }
}

function versionsOf({ key, lowestAdvertised, highestVersion }: ServedVersions): {
  apiKey: number
  minVersion: number
  maxVersion: number
} {
  return { apiKey: key, minVersion: lowestAdvertised, maxVersion: highestVersion }
}

function checkSoftware(what: string, value: string): void {
  if (softwareNameOrVersion.test(value)) return
  throw new KafkaError('INVALID_REQUEST', `${what} '${value.slice(0, 100)}' is not a plain name`)
}
