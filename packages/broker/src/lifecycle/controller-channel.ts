import type { AllocateProducerIdsResponseInput } from '@ottla/protocol/messages/allocate-producer-ids'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponseInput,
} from '@ottla/protocol/messages/broker-heartbeat'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponseInput,
} from '@ottla/protocol/messages/broker-registration'
import type {
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from '@ottla/protocol/messages/create-topics'
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from '@ottla/protocol/messages/delete-topics'

/** The active controller, wherever it is: what a broker asks of it. */
export interface ControllerChannel {
  registerBroker(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponseInput>
  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInput>
  allocateProducerIds(): Promise<AllocateProducerIdsResponseInput>

  /** These answer once this broker's own image shows what they changed. */
  createTopics(request: CreateTopicsRequest): Promise<CreateTopicsResponseInput>
  deleteTopics(request: DeleteTopicsRequest, apiVersion: number): Promise<DeleteTopicsResponseInput>
}
