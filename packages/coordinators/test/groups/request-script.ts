import { Reader, Writer, ZERO_UUID, type MessageCodec } from '@ottla/protocol'
import { JoinGroupResponse } from '@ottla/protocol/messages/join-group'
import { SyncGroupResponse } from '@ottla/protocol/messages/sync-group'
import { LeaveGroupResponse } from '@ottla/protocol/messages/leave-group'
import { OffsetCommitResponse } from '@ottla/protocol/messages/offset-commit'
import {
  OffsetFetchResponse,
  type OffsetFetchRequestGroup,
} from '@ottla/protocol/messages/offset-fetch'
import { offsetFetchResponse, type RequestOrigin } from '../../src/index.ts'
import type { GroupService } from './group-service.ts'
import {
  showCommit,
  showDescribed,
  showError,
  showFetch,
  showJoin,
  showLeave,
  showOffsetDelete,
  showSync,
} from './show.ts'

const highest: Readonly<Record<string, number>> = {
  join: 9,
  sync: 5,
  heartbeat: 4,
  leave: 5,
  commit: 10,
  fetch: 10,
  describe: 6,
}

export interface RequestScriptOptions {
  readonly service: () => GroupService
  /** The topics that exist, and their ids. */
  readonly topicIds: ReadonlyMap<string, string>
  readonly say: (lines: readonly string[]) => void
  /** Put before every group id. */
  readonly groupPrefix?: string
  /** What time-outs are multiplied with. */
  readonly scale?: number
}

/**
 * The requests of a transcript:
 *
 *   join WHO [group= version= member= instance= type= protocols=NAME:METADATA,NAME@TOPIC+TOPIC
 *            session= rebalance= reason=]
 *   sync WHO [group= version= member= instance= generation= type= protocol= assign=MEMBER:TEXT,…]
 *   heartbeat WHO [group= member= instance= generation=]
 *   leave WHO [group= version= member= members=MEMBER/INSTANCE,… reason=]
 *   commit WHO [group= version= member= instance= generation= retention= epoch= metadata=
 *              offsets=TOPIC-PARTITION:OFFSET,…]
 *   fetch WHO [group= version= offsets=TOPIC-PARTITION,…]
 *   delete-offsets WHO [group= offsets=TOPIC-PARTITION,…]
 *   describe GROUP … [version=] | list [states= types=] | delete GROUP …
 *
 * A request is named for WHO sends it; its client id is that name's letters. Member ids are shown,
 * and understood, as the client id with a number: `a#1`.
 */
export class RequestScript {
  readonly #service: () => GroupService
  readonly #topicIds: ReadonlyMap<string, string>
  readonly #say: (lines: readonly string[]) => void
  readonly #groupPrefix: string
  readonly #scale: number
  readonly #shortIds = new Map<string, string>()

  constructor({ service, topicIds, say, groupPrefix, scale }: RequestScriptOptions) {
    this.#service = service
    this.#topicIds = topicIds
    this.#say = say
    this.#groupPrefix = groupPrefix ?? ''
    this.#scale = scale ?? 1
  }

  /** Uuids are noise: `a-5f0…` is shown as `a#1`, a topic's id as `id:t1`. */
  shorten(line: string): string {
    let text = this.#groupPrefix === '' ? line : line.replaceAll(this.#groupPrefix, '')
    for (const [topic, id] of this.#topicIds) text = text.replaceAll(id, `id:${topic}`)
    return text.replace(
      /(\w*)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
      (id, name: string) => {
        let short = this.#shortIds.get(id)
        if (short === undefined) {
          const count = [...this.#shortIds.values()].filter((known) => known.startsWith(`${name}#`))
          short = `${name}#${count.length + 1}`
          this.#shortIds.set(id, short)
        }
        return short
      },
    )
  }

  /** Sends what the command says; its answer is said when it comes. False for other commands. */
  send(verb: string, words: readonly string[]): boolean {
    const named = words.filter((word) => word.includes('='))
    const plain = words.filter((word) => !word.includes('='))
    const options = new Map(
      named.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    )
    const text = (name: string, otherwise: string) => this.#lengthen(options.get(name) ?? otherwise)
    const maybe = (name: string) => (options.has(name) ? this.#lengthen(options.get(name)!) : null)
    const number = (name: string, otherwise: number) => Number(options.get(name) ?? otherwise)
    const time = (name: string, otherwise: number) => {
      const ms = number(name, otherwise)
      return ms === -1 ? -1 : Math.floor(ms * this.#scale)
    }
    const who = plain[0] ?? ''
    const origin: RequestOrigin = {
      apiVersion: number('version', highest[verb] ?? 0),
      clientId: who.replace(/\d+$/, ''),
      clientAddress: '127.0.0.1',
    }
    const givenId = text('group', 'g')
    const groupId = givenId === '' ? '' : this.#groupPrefix + givenId

    switch (verb) {
      case 'join':
        this.#follow(
          who,
          this.#service().joinGroup(
            {
              groupId,
              sessionTimeoutMs: time('session', 10_000),
              rebalanceTimeoutMs: time('rebalance', 60_000),
              memberId: text('member', ''),
              groupInstanceId: maybe('instance'),
              protocolType: text('type', 'consumer'),
              protocols: protocolsOf(options.get('protocols') ?? 'range:m'),
              reason: maybe('reason'),
            },
            origin,
          ),
          (answer) => showJoin(throughWire(JoinGroupResponse, answer, origin.apiVersion)),
        )
        return true
      case 'sync':
        this.#follow(
          who,
          this.#service().syncGroup(
            {
              groupId,
              generationId: number('generation', 1),
              memberId: text('member', ''),
              groupInstanceId: maybe('instance'),
              protocolType: origin.apiVersion >= 5 ? text('type', 'consumer') || null : null,
              protocolName: origin.apiVersion >= 5 ? text('protocol', 'range') || null : null,
              assignments: listOf(options.get('assign')).map((part) => {
                const [memberId, assignment] = part.split(':')
                return { memberId: this.#lengthen(memberId!), assignment: Buffer.from(assignment!) }
              }),
            },
            origin,
          ),
          (answer) => showSync(throughWire(SyncGroupResponse, answer, origin.apiVersion)),
        )
        return true
      case 'heartbeat':
        this.#follow(
          who,
          this.#service().heartbeat({
            groupId,
            generationId: number('generation', 1),
            memberId: text('member', ''),
            groupInstanceId: maybe('instance'),
          }),
          ({ errorCode }) => showError(errorCode),
        )
        return true
      case 'leave':
        this.#follow(
          who,
          this.#service().leaveGroup(
            {
              groupId,
              memberId: text('member', ''),
              members: listOf(options.get('members') ?? options.get('member') ?? '').map((part) => {
                const [memberId, groupInstanceId] = part.split('/')
                return {
                  memberId: this.#lengthen(memberId!),
                  groupInstanceId: groupInstanceId ?? null,
                  reason: maybe('reason'),
                }
              }),
            },
            origin,
          ),
          (answer) => showLeave(throughWire(LeaveGroupResponse, answer, origin.apiVersion)),
        )
        return true
      case 'commit':
        this.#follow(
          who,
          this.#service().commitOffsets(
            {
              groupId,
              generationIdOrMemberEpoch: number('generation', -1),
              memberId: text('member', ''),
              groupInstanceId: maybe('instance'),
              retentionTimeMs: time('retention', -1),
              topics: listOf(options.get('offsets')).map((part) => {
                const [, topic, partition, offset] = /^(\w+)-(\d+):(\d+)$/.exec(part)!
                return {
                  ...this.#topicOf(topic!, origin.apiVersion),
                  partitions: [
                    {
                      partitionIndex: Number(partition),
                      committedOffset: Number(offset),
                      committedLeaderEpoch: number('epoch', -1),
                      committedMetadata: maybe('metadata'),
                    },
                  ],
                }
              }),
            },
            origin,
          ),
          (answer) => showCommit(throughWire(OffsetCommitResponse, answer, origin.apiVersion)),
        )
        return true
      case 'fetch':
        this.#follow(
          who,
          this.#service().fetchOffsets(this.#fetchRequest(groupId, options, origin), origin),
          (group) => {
            const { apiVersion } = origin
            const answer = offsetFetchResponse([group], apiVersion)
            const seen = throughWire(OffsetFetchResponse, answer, apiVersion)
            const topics = seen.topics.map((topic) => ({ ...topic, topicId: ZERO_UUID }))
            return showFetch(seen.groups[0] ?? { groupId, topics, errorCode: seen.errorCode })
          },
        )
        return true
      case 'describe':
        this.#follow('', this.#service().describeGroups(this.#groups(plain), origin), (groups) =>
          groups.map(showDescribed).join('\n'),
        )
        return true
      case 'list':
        this.#follow(
          '',
          this.#service().listGroups({
            statesFilter: listOf(options.get('states')),
            typesFilter: listOf(options.get('types')),
          }),
          (groups) =>
            groups
              .filter((group) => group.groupId.startsWith(this.#groupPrefix))
              .map(
                (group) =>
                  `${group.groupId} ${group.groupType} ${group.groupState} ${group.protocolType || "''"}`,
              )
              .join('\n') || 'nothing',
        )
        return true
      case 'delete':
        this.#follow('', this.#service().deleteGroups(this.#groups(plain)), (results) =>
          results.map((result) => `${result.groupId} ${showError(result.errorCode)}`).join('\n'),
        )
        return true
      case 'delete-offsets':
        this.#follow(
          who,
          this.#service().deleteOffsets({
            groupId,
            topics: listOf(options.get('offsets')).map((part) => {
              const [name, partition] = part.split('-')
              return { name: name!, partitions: [{ partitionIndex: Number(partition) }] }
            }),
          }),
          showOffsetDelete,
        )
        return true
      default:
        return false
    }
  }

  #groups(names: readonly string[]): string[] {
    return names.map((name) => this.#groupPrefix + name)
  }

  #topicOf(topic: string, apiVersion: number): { name: string; topicId: string } {
    if (apiVersion < 10) return { name: topic, topicId: ZERO_UUID }
    const unknown = Buffer.from(topic.padEnd(16, '?')).toString('base64url')
    return { name: '', topicId: this.#topicIds.get(topic) ?? unknown }
  }

  #fetchRequest(
    groupId: string,
    options: ReadonlyMap<string, string>,
    { apiVersion }: RequestOrigin,
  ): OffsetFetchRequestGroup {
    const offsets = options.get('offsets')
    return {
      groupId,
      memberId: null,
      memberEpoch: -1,
      topics:
        offsets === undefined
          ? null
          : listOf(offsets).map((part) => {
              const [topic, partition] = part.split('-')
              return {
                ...this.#topicOf(topic!, apiVersion),
                partitionIndexes: [Number(partition)],
              }
            }),
    }
  }

  #follow<T>(who: string, answer: Promise<T>, show: (answer: T) => string): void {
    const prefix = who === '' ? '' : `${who}: `
    answer.then(
      (response) =>
        this.#say(
          show(response)
            .split('\n')
            .map((line) => prefix + line),
        ),
      (error: Error) => this.#say([`${prefix}error: ${error.message}`]),
    )
  }

  #lengthen(text: string): string {
    return [...this.#shortIds].find(([, short]) => short === text)?.[0] ?? text
  }
}

/** As a client of that version sees it; throws when it cannot be said in it. */
function throughWire<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  answer: Input,
  version: number,
): Message {
  const writer = new Writer()
  codec.write(writer, answer, version)
  return codec.read(new Reader(writer.finishWhole()), version)
}

function listOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',')
}

/** `range:text` has opaque metadata, `range@t1+t2` a consumer's subscription. */
function protocolsOf(text: string): { name: string; metadata: Buffer }[] {
  return listOf(text).map((part) => {
    const [, name, kind, value] = /^(\w+)([:@])(.*)$/.exec(part)!
    if (kind === ':') return { name: name!, metadata: Buffer.from(value!) }
    const topics = value!.split('+').map((topic) => {
      const bytes = Buffer.from(topic)
      return Buffer.concat([Buffer.from([0, bytes.length]), bytes])
    })
    // Version, count of topics, the topics, user data null.
    const count = Buffer.alloc(6)
    count.writeInt32BE(topics.length, 2)
    return {
      name: name!,
      metadata: Buffer.concat([count, ...topics, Buffer.from('ffffffff', 'hex')]),
    }
  })
}
