import { assert } from '@ottla/runtime'
import type { BrokerRegistrationChangeRecord } from '@ottla/protocol/records/broker-registration-change-record'
import type { RegisterBrokerRecord } from '@ottla/protocol/records/register-broker-record'
import type { RegisterControllerRecord } from '@ottla/protocol/records/register-controller-record'
import type { UnregisterBrokerRecord } from '@ottla/protocol/records/unregister-broker-record'
import type { BrokerImage, ControllerImage, Endpoint, FeatureRange } from './broker-image.ts'
import type { MetadataImage } from './metadata-image.ts'

/** The brokers and controllers of an image in the making. */
export class BrokersDraft {
  readonly #base: MetadataImage
  /** This draft's own copy, once something changed: brokers are few. */
  #brokers: Map<number, BrokerImage> | null = null
  #controllers: Map<number, ControllerImage> | null = null
  readonly changed: Set<number> = new Set()

  constructor(base: MetadataImage) {
    this.#base = base
  }

  register(record: RegisterBrokerRecord, offset: number): void {
    this.#put({
      id: record.brokerId,
      epoch: Number(record.brokerEpoch),
      incarnationId: record.incarnationId,
      endpoints: endpoints(record.endPoints),
      features: features(record.features),
      rack: record.rack,
      isFenced: record.fenced,
      isInControlledShutdown: record.inControlledShutdown,
      isMigratingZkBroker: record.isMigratingZkBroker,
      directories: record.logDirs,
      cordonedDirectories: record.cordonedLogDirs,
      registrationOffset: offset,
    })
  }

  unregister(record: UnregisterBrokerRecord): void {
    this.#named(record.brokerId, Number(record.brokerEpoch))
    this.#brokers ??= new Map(this.#base.brokers)
    this.#brokers.delete(record.brokerId)
    this.changed.add(record.brokerId)
  }

  setFenced(brokerId: number, brokerEpoch: number, isFenced: boolean): void {
    this.#put({ ...this.#named(brokerId, brokerEpoch), isFenced })
  }

  change(record: BrokerRegistrationChangeRecord): void {
    const broker = this.#named(record.brokerId, Number(record.brokerEpoch))
    this.#put({
      ...broker,
      // 1 fences, -1 unfences, 0 leaves it; there is no way back from a controlled shutdown.
      isFenced: record.fenced === 0 ? broker.isFenced : record.fenced === 1,
      isInControlledShutdown: broker.isInControlledShutdown || record.inControlledShutdown === 1,
      directories: record.logDirs.length === 0 ? broker.directories : record.logDirs,
      cordonedDirectories: record.cordonedLogDirs ?? broker.cordonedDirectories,
    })
  }

  registerController(record: RegisterControllerRecord): void {
    this.#controllers ??= new Map(this.#base.controllers)
    this.#controllers.set(record.controllerId, {
      id: record.controllerId,
      incarnationId: record.incarnationId,
      isZkMigrationReady: record.zkMigrationReady,
      endpoints: endpoints(record.endPoints),
      features: features(record.features),
    })
  }

  finish(): {
    readonly brokers: ReadonlyMap<number, BrokerImage>
    readonly controllers: ReadonlyMap<number, ControllerImage>
  } {
    return {
      brokers: this.#brokers ?? this.#base.brokers,
      controllers: this.#controllers ?? this.#base.controllers,
    }
  }

  #named(brokerId: number, brokerEpoch: number): BrokerImage {
    const broker = (this.#brokers ?? this.#base.brokers).get(brokerId)
    assert(broker !== undefined, 'a broker that changes is registered')
    assert(broker.epoch === brokerEpoch, 'a change names the epoch of the registration it changes')
    return broker
  }

  #put(broker: BrokerImage): void {
    this.#brokers ??= new Map(this.#base.brokers)
    this.#brokers.set(broker.id, broker)
    this.changed.add(broker.id)
  }
}

function endpoints(
  list: readonly { name: string; host: string; port: number; securityProtocol: number }[],
): ReadonlyMap<string, Endpoint> {
  return new Map(
    list.map(({ name, host, port, securityProtocol }) => [
      name,
      { listener: name, host, port, securityProtocol },
    ]),
  )
}

function features(
  list: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[],
): ReadonlyMap<string, FeatureRange> {
  return new Map(
    list.map(({ name, minSupportedVersion, maxSupportedVersion }) => [
      name,
      { min: minSupportedVersion, max: maxSupportedVersion },
    ]),
  )
}
