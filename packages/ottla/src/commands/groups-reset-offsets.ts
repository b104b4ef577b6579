import type { TopicPartition } from '@ottla/client'
import { alterGroupOffsets, groupOffsets } from '@ottla/client/admin/group-offsets'
import { listGroups } from '@ottla/client/admin/groups'
import { listOffsets, type OffsetAnswer } from '@ottla/client/admin/offsets'
import { parseDuration } from '../input/duration.ts'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { explainKafkaError } from '../explain-kafka-error.ts'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { parseTime, timeForms } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'
import { type AdminClient, type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface GroupsResetOffsetsOptions extends ClientCommandOptions, OutputOptions {
  readonly topic: readonly string[]
  readonly allTopics?: boolean
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toCurrent?: boolean
  readonly toOffset?: number
  readonly toTime?: string
  readonly by?: string
  readonly shiftBy?: number
  readonly execute?: boolean
}

/** Where offsets are to go. */
type Aim =
  | { readonly to: 'earliest' | 'latest' | 'current' }
  | { readonly to: 'offset' | 'shift'; readonly count: number }
  | { readonly to: 'time'; readonly timestamp: (nowMs: number) => number }

interface Move extends TopicPartition {
  /** null: none is committed. */
  readonly from: number | null
  readonly to: number
}

/** `ottla groups reset-offsets GROUP`: shows what would be, or, with `--execute`, does it. */
export async function groupsResetOffsets(
  shell: Shell,
  groupId: string,
  options: GroupsResetOffsetsOptions,
): Promise<void> {
  const aim = aimOf(options)
  const selections = options.topic.map(parseTopicSelection)
  if (selections.length > 0 === (options.allTopics === true)) {
    throw new UserError(
      'which offsets? give --topic letters, --topic letters:0,2 (also several), or --all-topics for ' +
        'every topic that the group has offsets of',
    )
  }
  await withAdmin(shell, options, async (client) => {
    await refuseBusyGroup(client, groupId, shell.stop)
    const committed = new Map(
      (await groupOffsets(client.cluster, groupId, { signal: shell.stop })).map(
        ({ topic, partition, offset }) => [`${topic}-${partition}`, { topic, partition, offset }],
      ),
    )
    if (options.allTopics === true && committed.size === 0) {
      throw new UserError(`${groupId} has no offsets yet; --topic says which it shall have`)
    }
    const partitions =
      options.allTopics === true
        ? [...committed.values()].map(({ topic, partition }) => ({ topic, partition }))
        : await selectedPartitions(client, selections, shell.stop)
    const moves = await movesTo(
      shell,
      client,
      aim,
      partitions,
      (name) => committed.get(name)?.offset,
    )
    const isDone = options.execute === true
    if (isDone) await carryOut(shell, client, groupId, moves)
    await writeRows(shell, options, moves, [
      { head: 'TOPIC', of: ({ topic }) => topic },
      { head: 'PARTITION', of: ({ partition }) => partition },
      { head: 'FROM', of: ({ from }) => from },
      { head: 'TO', of: ({ to }) => to },
    ])
    if (!isDone) shell.tell('ottla: nothing is changed yet; --execute does it')
  })
}

function aimOf(options: GroupsResetOffsetsOptions): Aim {
  const { toOffset, toTime, by, shiftBy } = options
  const aims: Aim[] = []
  if (options.toEarliest === true) aims.push({ to: 'earliest' })
  if (options.toLatest === true) aims.push({ to: 'latest' })
  if (options.toCurrent === true) aims.push({ to: 'current' })
  if (toOffset !== undefined) aims.push({ to: 'offset', count: toOffset })
  if (shiftBy !== undefined) aims.push({ to: 'shift', count: shiftBy })
  if (toTime !== undefined) {
    const time = parseTime(toTime)
    if (time === null) throw new UserError(`--to-time ${toTime}: ${timeForms}`)
    aims.push({ to: 'time', timestamp: () => time })
  }
  if (by !== undefined) {
    const duration = parseDuration(by)
    if (duration === null)
      throw new UserError(`--by ${by}: give a duration, as in 90s, 2h30m, PT1H`)
    aims.push({ to: 'time', timestamp: (nowMs) => nowMs - duration })
  }
  const [aim] = aims
  if (aim !== undefined && aims.length === 1) return aim
  throw new UserError(
    'where to? give one of --to-earliest, --to-latest, --to-current, --to-offset, --to-time, --by, --shift-by',
  )
}

async function refuseBusyGroup(
  client: AdminClient,
  groupId: string,
  signal: AbortSignal,
): Promise<void> {
  const groups = await listGroups(client.cluster, { signal })
  const state = groups.find((group) => group.groupId === groupId)?.state ?? 'Dead'
  if (state === 'Empty' || state === 'Dead' || state === '') return
  throw new UserError(
    `${groupId} has members (it is ${state.toLowerCase()}) and would overwrite what is set here; ` +
      'stop them first',
  )
}

async function movesTo(
  shell: Shell,
  client: AdminClient,
  aim: Aim,
  partitions: readonly TopicPartition[],
  committed: (name: string) => number | undefined,
): Promise<readonly Move[]> {
  const { cluster } = client
  const options = { signal: shell.stop }
  const [first, end] = await Promise.all([
    listOffsets(cluster, partitions, 'earliest', options),
    listOffsets(cluster, partitions, 'latest', options),
  ])
  let byTime: readonly OffsetAnswer[] = []
  if (aim.to === 'time') {
    const timestamp = aim.timestamp(cluster.options.runtime.clock.now())
    byTime = await listOffsets(cluster, partitions, { timestamp }, options)
  }
  return partitions.map((at, index) => {
    const name = `${at.topic}-${at.partition}`
    const earliest = known(first[index], name)
    const latest = known(end[index], name)
    const from = committed(name) ?? null
    const wanted = offsetFor(
      aim,
      { earliest, latest, from },
      () => known(byTime[index], name),
      name,
    )
    const to = Math.min(Math.max(wanted, earliest), latest)
    if (to !== wanted) {
      shell.tell(
        `ottla: ${name} has offsets from ${earliest} to ${latest}: ${to} is taken for ${wanted}`,
      )
    }
    return { ...at, from, to }
  })
}

function offsetFor(
  aim: Aim,
  { earliest, latest, from }: { earliest: number; latest: number; from: number | null },
  ofTime: () => number,
  name: string,
): number {
  switch (aim.to) {
    case 'earliest':
      return earliest
    case 'latest':
      return latest
    case 'offset':
      return aim.count
    case 'time': {
      const offset = ofTime()
      return offset < 0 ? latest : offset // no record is that young: what comes next will be
    }
    case 'current':
      return from ?? latest
    case 'shift':
      if (from !== null) return from + aim.count
      throw new UserError(
        `${name} has no committed offset to shift; --to-earliest or --to-latest sets one`,
      )
    default:
      return aim satisfies never
  }
}

function known(answer: OffsetAnswer | undefined, name: string): number {
  if (answer === undefined) throw new UserError(`${name}: its leader did not answer`)
  if (answer.error !== null) throw new UserError(`${name}: ${explainKafkaError(answer.error)}`)
  return answer.offset
}

async function carryOut(
  shell: Shell,
  client: AdminClient,
  groupId: string,
  moves: readonly Move[],
): Promise<void> {
  const offsets = moves.map(({ topic, partition, to }) => ({ topic, partition, offset: to }))
  const outcomes = await alterGroupOffsets(client.cluster, groupId, offsets, { signal: shell.stop })
  for (const { topic, partition, error } of outcomes) {
    if (error === null) continue
    throw new UserError(`${topic}-${partition} is not reset: ${explainKafkaError(error)}`)
  }
}
