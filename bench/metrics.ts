/**
 * What counting costs: everything that a broker notes about one small Produce request, for the metrics.
 *
 *   node --conditions=ottla-src bench/metrics.ts
 *
 * The whole request takes about 23 µs of CPU (docs of `npm run bench`): a hundredth of that is 230 ns.
 */
import { bench, do_not_optimize, run } from 'mitata'
import { nodeRuntime } from '@ottla/runtime/node'
import { countErrors } from '../packages/broker/src/metrics/error-codes.ts'
import { RequestMetrics } from '../packages/broker/src/metrics/request-metrics.ts'
import { TopicTraffics } from '../packages/broker/src/metrics/topic-traffic.ts'

const { clock } = nodeRuntime()
const requests = new RequestMetrics()
const traffic = new TopicTraffics().of('letters')
const answer = {
  responses: [
    {
      name: 'letters',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      partitionResponses: [
        {
          index: 0,
          errorCode: 0,
          baseOffset: 1,
          logAppendTimeMs: -1,
          logStartOffset: 0,
          recordErrors: [],
          errorMessage: null,
        },
      ],
    },
  ],
  throttleTimeMs: 0,
}

bench('reading the clock twice', () => {
  do_not_optimize(clock.monotonic() + clock.monotonic())
})

bench('error codes of an answer', () => {
  countErrors(answer, requests.of(0))
})

bench('times and sizes of a request', () => {
  requests.of(0).record(
    {
      apiKey: 0,
      apiVersion: 13,
      requestBytes: 200,
      responseBytes: 60,
      receivedMs: 1000.1,
      beganMs: 1000.12,
      waitedFromMs: -1,
      answeredMs: 1000.14,
      throttleMs: 0,
    },
    1000.16,
  )
})

bench('a topic’s records and bytes', () => {
  traffic.countProduced(1, 100)
})

await run()
