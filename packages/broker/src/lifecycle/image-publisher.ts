import { CONFIG_RESOURCE_TYPES } from '@ottla/metadata'
import type { MetadataDelta, MetadataImage, MetadataLoader } from '@ottla/metadata'
import type { Metadata } from '../metadata.ts'
import type { ReplicaAssigner } from '../partitions/replica-assigner.ts'

/**
 * Brings each new image into effect, one after the other: first the replicas, then what clients see.
 */
export class ImagePublisher {
  readonly #loader: MetadataLoader
  readonly #metadata: Metadata
  readonly #onFailure: (error: Error) => void
  #last: Promise<void> = Promise.resolve()

  constructor(loader: MetadataLoader, metadata: Metadata, onFailure: (error: Error) => void) {
    this.#loader = loader
    this.#metadata = metadata
    this.#onFailure = onFailure
  }

  /** Begins with the image there is. @returns What ends it. */
  start(assigner: ReplicaAssigner): () => void {
    const publish = async (image: MetadataImage, delta: MetadataDelta): Promise<void> => {
      await assigner.apply(image, delta)
      this.#metadata.publish(image)
    }
    const enqueue = (image: MetadataImage, delta: MetadataDelta): void => {
      this.#last = this.#last.then(() => publish(image, delta)).catch(this.#onFailure)
    }
    const { image } = this.#loader
    enqueue(image, deltaFromNothing(image))
    return this.#loader.subscribe(enqueue)
  }

  /** Resolves once all that is committed now is in effect on this broker. */
  async caughtUp(): Promise<void> {
    await this.#last
  }
}

/** What the first image changed: everything. */
function deltaFromNothing(image: MetadataImage): MetadataDelta {
  return {
    changedTopics: new Set(Array.from(image.topics(), ({ id }) => id)),
    deletedTopics: new Map(),
    changedBrokers: new Set(image.brokers.keys()),
    changedConfigs: image
      .configNames(CONFIG_RESOURCE_TYPES.broker)
      .map((name) => ({ type: CONFIG_RESOURCE_TYPES.broker, name })),
    changedFeatures: new Set(image.features.keys()),
    haveQuotasChanged: true,
    haveAclsChanged: true,
    haveCredentialsChanged: true,
    haveTokensChanged: true,
  }
}
