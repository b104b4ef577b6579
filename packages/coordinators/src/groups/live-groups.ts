import type { ErrorName } from '@ottla/protocol'
import type { ClassicContext } from './classic/classic-context.ts'
import { cancelAlarms, type ClassicGroup } from './classic/classic-group.ts'
import { answerJoin, answerSync, joinError, syncError } from './classic/members.ts'
import { restoreGroup } from './classic/restore.ts'
import type { GroupsState, StoredClassicGroup } from './state/groups-state.ts'

/**
 * The classic groups of a coordinator as they live now.
 *
 * Only those are held in which something is going on. An empty group is all in what is stored, and
 * made from that whenever somebody looks: there may be very many of them.
 */
export class LiveGroups {
  readonly #context: ClassicContext
  readonly #state: GroupsState
  readonly #groups = new Map<string, ClassicGroup>()

  constructor(context: ClassicContext, state: GroupsState) {
    this.#context = context
    this.#state = state
  }

  /** To look at, and to hear of its members. Undefined when there is no classic group of this id. */
  find(groupId: string): ClassicGroup | undefined {
    const stored = this.#state.groups.get(groupId)
    const held = this.#groups.get(groupId)
    const isThere = stored !== undefined && stored.type === 'classic'
    if (held !== undefined) {
      if (isThere && !isIdle(held, stored)) return held
      cancelAlarms(held)
      this.#groups.delete(groupId)
    }
    if (!isThere) return undefined
    const group = restoreGroup(this.#context, groupId, stored)
    if (group.members.size > 0) this.#groups.set(groupId, group)
    return group
  }

  /** The group if something is going on in it, without making one. */
  held(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** As `find`, for somebody who may join it. */
  findToJoin(groupId: string): ClassicGroup | undefined {
    const group = this.find(groupId)
    if (group !== undefined) this.#groups.set(groupId, group)
    return group
  }

  *all(): Generator<ClassicGroup> {
    for (const groupId of this.#state.groups.keys()) {
      const group = this.find(groupId)
      if (group !== undefined) yield group
    }
  }

  /** Starts the sessions of all stored members. */
  restoreMembers(): void {
    for (const [groupId, stored] of this.#state.groups) {
      if (stored.type === 'classic' && stored.members.length > 0) this.find(groupId)
    }
  }

  /** Tells everybody who waits, and rings no more. */
  stop(error: ErrorName): void {
    for (const group of this.#groups.values()) {
      cancelAlarms(group)
      for (const member of group.members.values()) {
        answerJoin(group, member, joinError(error, member.id))
        answerSync(member, syncError(error))
      }
    }
    this.#groups.clear()
  }
}

/** Whether the group is no more than what is stored of it. */
function isIdle(group: ClassicGroup, stored: StoredClassicGroup): boolean {
  return (
    group.state === 'Empty' &&
    group.pendingMembers.size === 0 &&
    stored.members.length === 0 &&
    stored.generation === group.generation
  )
}
