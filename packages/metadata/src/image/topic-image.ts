import type { PartitionImage } from './partition-image.ts'

export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By partition index. */
  readonly partitions: readonly PartitionImage[]
}

/**
 * The name by which topics collide: metrics write '.' as '_', so `a.b` and `a_b` may not both
 * exist.
 */
export function collisionName(topic: string): string {
  return topic.replaceAll('.', '_')
}

/** Only names with one of these can collide. */
export function canCollide(topic: string): boolean {
  return topic.includes('.') || topic.includes('_')
}
