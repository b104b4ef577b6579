import { Admin } from './admin/admin.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster/cluster.ts'
import { Consumer, type ConsumerOptions } from './consumer/consumer.ts'
import { GroupConsumer, type GroupConsumerOptions } from './consumer/group-consumer.ts'
import { Producer } from './producer/producer.ts'
import type { ProducerOptions } from './producer/producer-options.ts'

/** A client of one cluster: what it makes shares its connections and what it knows of the cluster. */
export class Client {
  readonly cluster: Cluster
  readonly admin: Admin

  /** Connects to nothing yet. @throws {KafkaError} INVALID_CONFIG when an address is none. */
  constructor(options: ClientOptions) {
    this.cluster = new Cluster(options)
    this.admin = new Admin(this.cluster)
  }

  producer(options?: ProducerOptions): Producer {
    return new Producer(this.cluster, options)
  }

  consumer(options?: ConsumerOptions): Consumer {
    return new Consumer(this.cluster, options)
  }

  groupConsumer(options: GroupConsumerOptions): GroupConsumer {
    return new GroupConsumer(this.cluster, options)
  }

  /** Ends all connections; close producers and consumers first. Harmless twice. */
  close(): Promise<void> {
    return this.cluster.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
