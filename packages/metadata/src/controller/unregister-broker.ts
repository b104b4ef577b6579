import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponseInput,
} from '@ottla/protocol/messages/unregister-broker'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import type { ControllerEnvironment } from './environment.ts'
import { leadershipChanges } from './leadership.ts'

/**
 * UnregisterBroker (key 64), version 0 (KIP-500).
 *
 * Forgets a broker that will not come back; what it led is led by others, or by nobody. One that is still
 * there registers again with its next heartbeat. (On Kafka it stays away until it is restarted.)
 *
 * @throws {KafkaError} BROKER_ID_NOT_REGISTERED
 */
export function unregisterBroker(
  image: MetadataImage,
  { brokerId }: UnregisterBrokerRequest,
  environment: ControllerEnvironment,
): Decision<MetadataRecord, UnregisterBrokerResponseInput> {
  const broker = image.broker(brokerId)
  if (broker === undefined) {
    throw new KafkaError(
      'BROKER_ID_NOT_REGISTERED',
      `Broker ID ${brokerId} is not currently registered`,
    )
  }
  const records: MetadataRecord[] = leadershipChanges(
    image,
    { type: 'leaves', brokerId },
    environment,
  )
  records.push({
    type: 'UnregisterBrokerRecord',
    version: 0,
    value: { brokerId, brokerEpoch: broker.epoch },
  })
  return { records, reply: { throttleTimeMs: 0, errorCode: NO_ERROR, errorMessage: '' } }
}
