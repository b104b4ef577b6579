import { KafkaError, ZERO_UUID } from '@ottla/protocol'
import type { ErrorName } from '@ottla/protocol'
import type {
  DeletableTopicResultInput,
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from '@ottla/protocol/messages/delete-topics'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { recordsPerRequestMax } from './controller-settings.ts'
import type { ControllerEnvironment } from './environment.ts'
import { type MutationCharge, noCharge } from './mutation-charge.ts'

/** What the caller may do; without it, everything. */
export interface DeleteTopicsPermissions {
  readonly mayDescribe: (topic: string) => boolean
  readonly mayDelete: (topic: string) => boolean
}

/**
 * DeleteTopics (key 20), versions 1–6, by name or (from v6) by id. Each topic is deleted or refused on
 * its own; what is named twice is refused, also when once by name and once by id.
 *
 *   v3  TOPIC_DELETION_DISABLED; before, INVALID_REQUEST
 *   v5  error messages; THROTTLING_QUOTA_EXCEEDED above the mutation quota (KIP-599)
 *   v6  topics by id (KIP-516)
 *
 * The answers come in no order that means anything.
 */
export function deleteTopics(
  image: MetadataImage,
  request: DeleteTopicsRequest,
  version: number,
  environment: ControllerEnvironment,
  permissions?: DeleteTopicsPermissions,
  charge: MutationCharge = noCharge,
): Decision<MetadataRecord, DeleteTopicsResponseInput> {
  if (!environment.settings.deleteTopicEnable) {
    throw new KafkaError(
      version < 3 ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED',
      'Topic deletion is disabled.',
    )
  }
  const topicCount = request.topics.length + request.topicNames.length
  if (topicCount > recordsPerRequestMax) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `${topicCount} topics in one request; no more than ${recordsPerRequestMax} can be deleted`,
    )
  }
  const responses: DeletableTopicResultInput[] = []
  const refuse = (name: string | null, topicId: string, code: ErrorName, message?: string) => {
    const error = new KafkaError(code, message)
    responses.push({ name, topicId, errorCode: error.errorCode, errorMessage: error.message })
  }

  const { names, ids } = namedTopics(request, refuse)
  const mayDescribe = permissions?.mayDescribe ?? (() => true)
  const mayDelete = permissions?.mayDelete ?? (() => true)
  const toDelete = new Map<string, string>()

  for (const id of ids.once) {
    const name = image.topicById(id)?.name
    if (name === undefined) refuse(null, id, 'UNKNOWN_TOPIC_ID')
    else if (mayDelete(name)) toDelete.set(id, name)
    // Without the right to see the topic, its name is not given away.
    else refuse(mayDescribe(name) ? name : null, id, 'TOPIC_AUTHORIZATION_FAILED')
  }
  const deniedByBoth = new Set<string>()
  for (const name of names.once) {
    const id = image.topic(name)?.id
    if (!mayDescribe(name)) refuse(name, ZERO_UUID, 'TOPIC_AUTHORIZATION_FAILED')
    else if (id === undefined) refuse(name, ZERO_UUID, 'UNKNOWN_TOPIC_OR_PARTITION')
    else if (!mayDelete(name)) refuse(name, ZERO_UUID, 'TOPIC_AUTHORIZATION_FAILED')
    else if (toDelete.has(id) || ids.twice.has(id)) {
      deniedByBoth.add(id)
      const message = 'The provided topic name maps to an ID that was already supplied.'
      refuse(name, id, 'INVALID_REQUEST', message)
    } else toDelete.set(id, name)
  }
  for (const id of deniedByBoth) toDelete.delete(id)

  const records: MetadataRecord[] = []
  for (const [topicId, name] of toDelete) {
    try {
      charge(image.topicById(topicId)!.partitions.length)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      refuse(name, topicId, error.code, error.message)
      continue
    }
    records.push({ type: 'RemoveTopicRecord', version: 0, value: { topicId } })
    responses.push({ name, topicId, errorCode: 0, errorMessage: null })
  }
  return { records, reply: { throttleTimeMs: 0, responses } }
}

/** What was named once, and what more often. */
class Mentions {
  readonly once: Set<string> = new Set()
  readonly twice: Set<string> = new Set()

  add(mention: string): void {
    if (this.twice.has(mention)) return
    if (!this.once.has(mention)) this.once.add(mention)
    else {
      this.once.delete(mention)
      this.twice.add(mention)
    }
  }
}

function namedTopics(
  request: DeleteTopicsRequest,
  refuse: (name: string | null, topicId: string, code: ErrorName, message: string) => void,
): { readonly names: Mentions; readonly ids: Mentions } {
  const names = new Mentions()
  const ids = new Mentions()
  for (const name of request.topicNames) names.add(name)
  for (const { name, topicId } of request.topics) {
    if (name === null && topicId === ZERO_UUID) {
      const message = 'Neither topic name nor id were specified.'
      refuse(null, ZERO_UUID, 'INVALID_REQUEST', message)
    } else if (name === null) ids.add(topicId)
    else if (topicId === ZERO_UUID) names.add(name)
    else {
      const message = 'You may not specify both topic name and topic id.'
      refuse(name, topicId, 'INVALID_REQUEST', message)
    }
  }
  for (const name of names.twice) {
    refuse(name, ZERO_UUID, 'INVALID_REQUEST', 'Duplicate topic name.')
  }
  for (const id of ids.twice) refuse(null, id, 'INVALID_REQUEST', 'Duplicate topic id.')
  return { names, ids }
}
