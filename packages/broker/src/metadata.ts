import {
  directoryOf,
  hasOnlineDirectory,
  MetadataImage,
  type PartitionImage,
  type TopicImage,
} from '@ottla/metadata'

/** A broker as clients of one listener see it. */
export interface Node {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** This broker's replicas, as far as their disks go. */
export interface LocalReplicas {
  readonly brokerId: number
  isOffline(topic: string, index: number): boolean
}

/** The cluster's metadata as this broker last folded it; whoever reads it holds one image. */
export class Metadata {
  #image: MetadataImage = MetadataImage.empty
  readonly clusterId: string
  /** What this broker knows of its own replicas before the image does. */
  here: LocalReplicas | null = null

  constructor(clusterId: string) {
    this.clusterId = clusterId
  }

  get image(): MetadataImage {
    return this.#image
  }

  publish(image: MetadataImage): void {
    this.#image = image
  }

  nameOf(topicId: string): string | undefined {
    return this.#image.topicById(topicId)?.name
  }

  idOf(topic: string): string | undefined {
    return this.#image.topic(topic)?.id
  }

  topic(name: string): TopicImage | undefined {
    return this.#image.topic(name)
  }

  hasPartition(topic: string, index: number): boolean {
    return this.#image.partition(topic, index) !== undefined
  }

  /** Replicas on brokers that are not alive, or in a directory that is offline. */
  offlineReplicas(
    topic: string,
    index: number,
    partition: PartitionImage,
    alive: { has(brokerId: number): boolean },
  ): number[] {
    return partition.replicas.filter(
      (id) =>
        !alive.has(id) ||
        !hasOnlineDirectory(this.#image.broker(id), directoryOf(partition, id)) ||
        // The image does not say in which of several directories it is.
        (id === this.here?.brokerId && this.here.isOffline(topic, index)),
    )
  }

  /** Brokers that have such a listener, lowest id first; the fenced ones only when asked for. */
  nodes(listenerName: string, includeFenced = false): Node[] {
    const nodes: Node[] = []
    for (const broker of this.#image.brokers.values()) {
      if (broker.isFenced && !includeFenced) continue
      const endpoint = broker.endpoints.get(listenerName)
      if (endpoint === undefined) continue
      nodes.push({
        nodeId: broker.id,
        host: endpoint.host,
        port: endpoint.port,
        rack: broker.rack,
        isFenced: broker.isFenced,
      })
    }
    return nodes.sort((a, b) => a.nodeId - b.nodeId)
  }
}
