/** The topics that exist, as the coordinator asks for them; the broker answers from its image. */
export interface TopicLookup {
  /** Undefined when no topic has this id. */
  nameOf(topicId: string): string | undefined
  /** Undefined when there is no such topic. */
  idOf(topic: string): string | undefined
  hasPartition(topic: string, partition: number): boolean
}
