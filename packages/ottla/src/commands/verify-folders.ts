import type { MetadataImage } from '@ottla/metadata'
import type { DirectoryReport, Finding, PartitionReport } from '@ottla/storage'
import { problem } from '@ottla/storage'

const METADATA_TOPIC = '__cluster_metadata'

/** Partitions' folders held against the metadata: what is a stray, of another topic, or missing. */
export class FoldersAgainstMetadata {
  readonly #image: MetadataImage
  readonly #found = new Set<string>()
  #nodeId: number | null = null
  #firstPath = ''

  constructor(image: MetadataImage) {
    this.#image = image
  }

  directory({ path, nodeId }: DirectoryReport): void {
    this.#nodeId ??= nodeId
    if (this.#firstPath === '') this.#firstPath = path
  }

  /** What is wrong with one folder. */
  *partition({ topic, partition, topicId, directory }: PartitionReport): Generator<Finding> {
    if (topic === METADATA_TOPIC) return
    this.#found.add(`${topic}-${partition}`)
    const known = this.#image.topic(topic)
    const strays = 'the folder is put aside under a name that ends in -stray'
    if (known === undefined) {
      yield problem(directory, null, 'the metadata has no topic of that name', strays)
    } else if (topicId !== null && topicId !== known.id) {
      const what = `it is of topic id ${topicId}; the metadata's ${topic} is ${known.id}`
      yield problem(directory, null, what, strays)
    } else if (known.partitions[partition] === undefined) {
      const what = `the metadata's ${topic} has ${known.partitions.length} partitions`
      yield problem(directory, null, what, strays)
    } else if (
      this.#nodeId !== null &&
      !known.partitions[partition].replicas.includes(this.#nodeId)
    ) {
      const what = `the metadata has no replica of it on node ${this.#nodeId}`
      yield problem(directory, null, what, strays)
    }
  }

  /** Partitions that should have a folder; once all folders were told. */
  *missing(): Generator<Finding> {
    const nodeId = this.#nodeId
    if (nodeId === null) return
    for (const { name, partitions } of this.#image.topics()) {
      for (const [index, { replicas }] of partitions.entries()) {
        if (!replicas.includes(nodeId) || this.#found.has(`${name}-${index}`)) continue
        const what = `the metadata has a replica on node ${nodeId}, but there is no folder of it`
        yield problem(`${this.#firstPath}/${name}-${index}`, null, what, 'an empty log is made')
      }
    }
  }
}
