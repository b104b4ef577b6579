import type { ErrorName, KafkaError } from '@ottla/protocol'

/** What a person can do about it. */
const advice: Partial<Record<ErrorName, string>> = {
  CLUSTER_AUTHORIZATION_FAILED: 'this needs a right on the cluster',
  GROUP_ID_NOT_FOUND: '`ottla groups list` shows all',
  GROUP_SUBSCRIBED_TO_TOPIC: "stop the group's members that read it first",
  LOG_DIR_NOT_FOUND: '`ottla logdirs describe` shows those that there are',
  NON_EMPTY_GROUP: 'stop its members first; `ottla groups describe` shows them',
  UNKNOWN_MEMBER_ID: 'while a group has members only they commit; stop them first',
  UNKNOWN_TOPIC_OR_PARTITION: '`ottla topics list` shows all topics',
  UNSUPPORTED_VERSION: 'the cluster is too old for this, or leaves it out',
}

/** What a broker refused, and what to do next. */
export function explainKafkaError(error: KafkaError): string {
  const next = advice[error.code]
  return next === undefined ? error.message : `${error.message}; ${next}`
}
