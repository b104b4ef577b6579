import { KafkaError } from '@ottla/protocol'
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponseInput,
} from '@ottla/protocol/messages/allocate-producer-ids'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { checkBrokerEpoch } from './broker-heartbeat.ts'
import { producerIdBlockSize } from './controller-settings.ts'

/**
 * AllocateProducerIds (key 67), version 0: gives a broker a block of producer ids that nobody else will
 * ever get.
 */
export function allocateProducerIds(
  image: MetadataImage,
  request: AllocateProducerIdsRequest,
): Decision<MetadataRecord, AllocateProducerIdsResponseInput> {
  const { brokerId, brokerEpoch } = request
  checkBrokerEpoch(image, brokerId, Number(brokerEpoch))
  const start = image.producerIds.nextProducerId
  const nextProducerId = start + producerIdBlockSize
  // Kafka would go on to 2^63; numbers that stay exact end at 2^53, nine million million blocks away.
  if (!Number.isSafeInteger(nextProducerId)) {
    throw new KafkaError('UNKNOWN_SERVER_ERROR', 'Exhausted all producer ids')
  }
  return {
    records: [
      {
        type: 'ProducerIdsRecord',
        version: 0,
        value: { brokerId, brokerEpoch, nextProducerId },
      },
    ],
    reply: {
      throttleTimeMs: 0,
      errorCode: 0,
      producerIdStart: start,
      producerIdLen: producerIdBlockSize,
    },
  }
}
