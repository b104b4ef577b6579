import { describeConfigs } from '@ottla/metadata'
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '@ottla/protocol/messages/describe-configs'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * DescribeConfigs (key 32), versions 1–4.
 *
 * Settings in force of topics, brokers, loggers and groups, each with where its value comes from.
 *
 *   v1  source and synonyms (KIP-226)      v3  type and documentation (KIP-569)      v4  flexible
 */
export const describeConfigsApi: AnyApi = defineApi({
  request: DescribeConfigsRequest,
  response: DescribeConfigsResponse,
  handle: (request, { configs }) => ({
    throttleTimeMs: 0,
    results: describeConfigs(request, configs),
  }),
  refuse: ({ resources }, { errorCode, message }) => ({
    throttleTimeMs: 0,
    results: resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage: message,
      resourceType,
      resourceName,
      configs: [],
    })),
  }),
})
