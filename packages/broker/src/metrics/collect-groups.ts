import type { GroupOverview } from '@ottla/coordinators'
import type { Clock } from '@ottla/runtime'
import type { GroupCoordinators } from '../groups/group-coordinators.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Replicas } from '../partitions/replicas.ts'
import type { LagTimes } from './lag-times.ts'
import type { MetricFamilies } from './metric-families.ts'
import { OTHERS } from './shown.ts'
import type { Slices } from './slices.ts'

const MS_PER_S = 1000

export interface GroupSources {
  readonly clock: Clock
  readonly groups: GroupCoordinators
  readonly replicas: Replicas
  readonly lagTimes: LagTimes
  /** How many groups, and how many of their partitions, are shown by name. */
  readonly shownMax: number
}

/** What a look at all groups adds up. */
interface Totals {
  groups: number
  offsets: number
  joining: number
  readonly states: Map<string, number>
  /** Of those that are not shown by name. */
  restMembers: number
  restLag: number
}

/** The groups that this broker coordinates: how many in which state, and how far they have read. */
export async function collectGroups(
  sources: GroupSources,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  const totals: Totals = {
    groups: 0,
    offsets: 0,
    joining: 0,
    states: new Map(states.map((state) => [state, 0])),
    restMembers: 0,
    restLag: 0,
  }
  sources.lagTimes.beginRound()
  for (const coordinator of sources.groups.all()) {
    for (const group of coordinator.overview()) {
      count(group, sources.shownMax, totals, into)
      await collectLag(group, sources, totals, into, slices)
      if (slices.isOver) await slices.nextTurn()
    }
  }
  addTotals(totals, sources.shownMax, into)
}

const states = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable']

function count(group: GroupOverview, shownMax: number, totals: Totals, into: MetricFamilies): void {
  totals.groups += 1
  totals.joining += group.joiningCount
  totals.states.set(group.state, (totals.states.get(group.state) ?? 0) + 1)
  if (totals.groups <= shownMax) {
    into.add('kafka_consumergroup_members', group.memberCount, { consumergroup: group.id })
  } else totals.restMembers += group.memberCount
}

async function collectLag(
  { id, offsets }: GroupOverview,
  sources: GroupSources,
  totals: Totals,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  if (offsets === undefined) return
  for (const [topic, partitions] of offsets) {
    for (const [index, committed] of partitions) {
      totals.offsets += 1
      const partition = sources.replicas.find(topic, index)
      if (partition === undefined || !partition.isLeader) continue
      const offset = Number(committed.offset)
      const lag = Math.max(0, partition.highWatermark - offset)
      if (totals.offsets > sources.shownMax) {
        totals.restLag += lag
      } else {
        const labels = { consumergroup: id, topic, partition: index }
        into.add('kafka_consumergroup_current_offset', offset, labels)
        into.add('kafka_consumergroup_lag', lag, labels)
        const seconds = await lagSeconds(id, partition, offset, sources)
        if (seconds !== undefined) into.add('kafka_consumergroup_lag_seconds', seconds, labels)
      }
      if (slices.isOver) await slices.nextTurn()
    }
  }
}

/** How long the first record that the group has not consumed has been there; 0 when it has all. */
async function lagSeconds(
  group: string,
  partition: Partition,
  offset: number,
  { clock, lagTimes }: GroupSources,
): Promise<number | undefined> {
  if (offset >= partition.highWatermark) return 0
  const first = Math.max(offset, partition.log.logStartOffset)
  const timestampMs = await lagTimes.timestampAt(group, partition, first)
  if (timestampMs === undefined) return undefined
  return Math.max(0, clock.now() - timestampMs) / MS_PER_S
}

function addTotals(totals: Totals, shownMax: number, into: MetricFamilies): void {
  const others = { consumergroup: OTHERS }
  if (totals.groups > shownMax) {
    into.add('kafka_consumergroup_members', totals.restMembers, others)
  }
  if (totals.offsets > shownMax) {
    into.add('kafka_consumergroup_lag', totals.restLag, { ...others, topic: '', partition: '' })
  }
  const names = 'kafka_coordinator_group_groupmetadatamanager'
  into.add(`${names}_numgroups`, totals.groups)
  into.add(`${names}_numoffsets`, totals.offsets)
  for (const [state, groups] of totals.states) {
    if (states.includes(state)) into.add(`${names}_numgroups${state.toLowerCase()}`, groups)
  }
  const waiting = { delayedOperation: 'Rebalance' }
  into.add('kafka_server_delayedoperationpurgatory_purgatorysize', totals.joining, waiting)
}
