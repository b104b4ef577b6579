import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '@ottla/protocol/messages/init-producer-id'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * InitProducerId (key 22), versions 0–5.
 *
 * A producer id of its own, with epoch 0, for an idempotent producer (KIP-98).
 *
 *   v2  flexible      v3  the producer's current id and epoch (KIP-360)      v4, v5  newer errors
 *
 * Left out: transactional ids; they are refused until transactions are served.
 */
export const initProducerIdApi: AnyApi = defineApi({
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
  handle: async ({ transactionalId, producerId: had, producerEpoch }, { producerIds }) => {
    if (Number(had) === -1 ? producerEpoch !== -1 : producerEpoch === -1) {
      throw new KafkaError('INVALID_REQUEST', 'a producer id and its epoch are given together')
    }
    if (transactionalId === '') {
      throw new KafkaError('INVALID_REQUEST', 'a transactional id is not empty')
    }
    if (transactionalId !== null) {
      throw new KafkaError('INVALID_REQUEST', 'transactions are not served by this broker')
    }
    const producerId = await producerIds.next()
    return { throttleTimeMs: 0, errorCode: NO_ERROR, producerId, producerEpoch: 0 }
  },
  waitsForOthers: true,
  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.errorCode,
    producerId: -1,
    producerEpoch: -1,
  }),
})
