import type { TopicPartition } from '@ottla/client'
import { groupOffsets } from '@ottla/client/admin/group-offsets'
import { type DescribedGroup, describeGroup, listGroups } from '@ottla/client/admin/groups'
import { listOffsets } from '@ottla/client/admin/offsets'
import { unknownGroup } from '../input/unknown-name.ts'
import { table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type AdminClient, type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface GroupsDescribeOptions extends ClientCommandOptions, OutputOptions {
  readonly members?: boolean
  readonly offsets?: boolean
}

/** How far a group is in one partition; null is unknown, or nothing. */
interface Progress extends TopicPartition {
  readonly committed: number | null
  readonly logEnd: number | null
  /** Records yet to be read; never below 0. */
  readonly lag: number | null
  /** What reads it. */
  readonly memberId: string | null
}

/** `ottla groups describe GROUP…`: members, what they read, and how far they are. */
export async function groupsDescribe(
  shell: Shell,
  names: readonly string[],
  options: GroupsDescribeOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const listed = await listGroups(client.cluster, { signal: shell.stop })
    const wanted = names.length === 0 ? listed.map(({ groupId }) => groupId) : names
    for (const name of wanted) {
      const found = listed.find(({ groupId }) => groupId === name)
      if (found === undefined) {
        throw await unknownGroup(
          name,
          listed.map(({ groupId }) => groupId),
        )
      }
      const type = found.type.toLowerCase()
      if (names.length === 0 && type !== 'classic' && type !== 'consumer') continue
      const group = await describeGroup(client.cluster, found, { signal: shell.stop })
      const progress = await progressOf(client, group, shell.stop)
      if (options.json === true) await writeJson(shell, [{ ...group, offsets: progress }])
      else await shell.write(describe(group, progress, options))
    }
  })
}

async function progressOf(
  client: AdminClient,
  { groupId, members }: DescribedGroup,
  signal: AbortSignal,
): Promise<readonly Progress[]> {
  const rows = new Map<string, { at: TopicPartition; committed: number | null }>()
  const readers = new Map<string, string>()
  for (const { memberId, partitions } of members) {
    for (const at of partitions) {
      const name = `${at.topic}-${at.partition}`
      rows.set(name, { at, committed: null })
      readers.set(name, memberId)
    }
  }
  for (const { topic, partition, offset } of await groupOffsets(client.cluster, groupId, {
    signal,
  })) {
    rows.set(`${topic}-${partition}`, { at: { topic, partition }, committed: offset })
  }
  const ends = await logEnds(
    client,
    [...rows.values()].map(({ at }) => at),
    signal,
  )
  return [...rows]
    .map(([name, { at, committed }]) => {
      const logEnd = ends.get(name) ?? null
      const lag = committed === null || logEnd === null ? null : Math.max(0, logEnd - committed)
      return { ...at, committed, logEnd, lag, memberId: readers.get(name) ?? null }
    })
    .sort((one, other) =>
      one.topic === other.topic
        ? one.partition - other.partition
        : one.topic < other.topic
          ? -1
          : 1,
    )
}

/** Of what exists and has a leader: a group may have offsets of topics that are gone. */
async function logEnds(
  client: AdminClient,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const names = [...new Set(partitions.map(({ topic }) => topic))]
  if (names.length === 0) return new Map()
  const { topics } = await client.cluster.refresh(names)
  const there = partitions.filter(
    ({ topic, partition }) => topics.get(topic)?.partitions[partition] !== undefined,
  )
  const ends = await listOffsets(client.cluster, there, 'latest', { signal })
  return new Map(
    ends
      .filter(({ error }) => error === null)
      .map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]),
  )
}

function describe(
  group: DescribedGroup,
  progress: readonly Progress[],
  { members = false, offsets = false }: GroupsDescribeOptions,
): string {
  const isWhole = members === offsets
  const count = group.members.length
  const assignor = group.assignor === '' ? '' : `, ${group.assignor}`
  const head =
    `${group.groupId}: ${group.type.toLowerCase()} group, ${group.state.toLowerCase()}${assignor}, ` +
    `${count} ${count === 1 ? 'member' : 'members'}, coordinator ${group.coordinatorId}\n`
  return [
    head,
    ...(members || isWhole ? [memberTable(group)] : []),
    ...(offsets || isWhole ? [offsetTable(progress)] : []),
  ]
    .filter((part) => part !== '')
    .join('\n')
    .concat('\n')
}

function memberTable({ members }: DescribedGroup): string {
  return table(members, [
    { head: 'MEMBER', of: ({ memberId }) => memberId },
    { head: 'INSTANCE', of: ({ instanceId }) => instanceId },
    { head: 'CLIENT', of: ({ clientId }) => clientId },
    { head: 'HOST', of: ({ host }) => host },
    { head: 'READS', of: ({ partitions }) => partitionLists(partitions) },
  ])
}

function offsetTable(progress: readonly Progress[]): string {
  return table(progress, [
    { head: 'TOPIC', of: ({ topic }) => topic },
    { head: 'PARTITION', of: ({ partition }) => partition },
    { head: 'COMMITTED', of: ({ committed }) => committed },
    { head: 'LOG-END', of: ({ logEnd }) => logEnd },
    { head: 'LAG', of: ({ lag }) => lag },
    { head: 'MEMBER', of: ({ memberId }) => memberId },
  ])
}

/** As they are given to --topic: `letters:0,2`. */
function partitionLists(partitions: readonly TopicPartition[]): string {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    topics.set(topic, [...(topics.get(topic) ?? []), partition])
  }
  return [...topics]
    .map(([topic, numbers]) => `${topic}:${numbers.sort((one, other) => one - other).join(',')}`)
    .join(' ')
}
