import type { MetadataImage, MetadataRecord } from '../src/index.ts'

/** What would be noise in a transcript: defaults, and what chance chose. */
const HIDDEN = new Set([
  'topicId',
  'directories',
  'incarnationId',
  'logDirs',
  'features',
  'endPoints',
])

/** A record in a line, topics by name; fields that say nothing are left out. */
export function showRecord(record: MetadataRecord, image: MetadataImage): string {
  const value = record.value as unknown as Record<string, unknown>
  const topicId = value['topicId'] as string | undefined
  const name = topicId === undefined ? '' : (image.topicById(topicId)?.name ?? 'a deleted topic')
  const partition = 'partitionId' in value ? `${name}-${Number(value['partitionId'])}` : name
  const fields = Object.entries(value).flatMap(([field, content]) => {
    if (HIDDEN.has(field) || field === 'partitionId' || saysNothing(content)) return []
    if (isDefault(field, content)) return []
    if (field === 'name' && record.type === 'TopicRecord') return []
    return [`${field}=${JSON.stringify(content)}`]
  })
  return [`  + ${record.type.replace(/Record$/, '')}`, partition, ...fields]
    .filter(Boolean)
    .join(' ')
}

/** Fields of records that most often say that nothing changes, or that nothing is going on. */
function isDefault(field: string, content: unknown): boolean {
  switch (field) {
    case 'leader':
      return content === -2
    case 'leaderRecoveryState':
      return content === -1 || content === 0
    case 'fenced':
    case 'inControlledShutdown':
      return content === 0
    case 'removingReplicas':
    case 'addingReplicas':
      return (content as number[]).length === 0
    default:
      return false
  }
}

function saysNothing(content: unknown): boolean {
  return content === null || content === undefined || content === false
}
