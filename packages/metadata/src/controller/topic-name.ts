import { KafkaError } from '@ottla/protocol'

/** A directory is named for the topic: this, a '-' and the partition must fit into 255 bytes. */
export const topicNameLengthMax = 249

const LEGAL = /^[a-zA-Z0-9._-]+$/

/** @throws {KafkaError} INVALID_TOPIC_EXCEPTION, saying what is wrong with the name. */
export function checkTopicName(name: string): void {
  const reason = fault(name)
  if (reason !== null)
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${reason}`)
}

function fault(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > topicNameLengthMax) {
    return `the length of '${name}' is longer than the max allowed length ${topicNameLengthMax}`
  }
  if (!LEGAL.test(name)) {
    return (
      `'${name}' contains one or more characters other than ASCII alphanumerics, ` +
      `'.', '_' and '-'`
    )
  }
  return null
}

export function isTopicName(name: string): boolean {
  return fault(name) === null
}
