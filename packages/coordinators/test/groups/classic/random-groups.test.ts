import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { silentLogger } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import type { ClassicContext } from '../../../src/groups/classic/classic-context.ts'
import {
  cancelAlarms,
  newClassicGroup,
  type ClassicGroup,
} from '../../../src/groups/classic/classic-group.ts'
import { describeGroup } from '../../../src/groups/classic/describe.ts'
import { heartbeat } from '../../../src/groups/classic/heartbeat.ts'
import { joinGroup } from '../../../src/groups/classic/join.ts'
import { leaveGroup } from '../../../src/groups/classic/leave.ts'
import { restoreGroup } from '../../../src/groups/classic/restore.ts'
import { syncGroup } from '../../../src/groups/classic/sync.ts'
import { defaultGroupSettings } from '../../../src/groups/group-settings.ts'
import { apply } from '../../../src/groups/state/apply.ts'
import { newGroupsState } from '../../../src/groups/state/groups-state.ts'
import { checkGroup } from './check-group.ts'

/** What a client believes; it may be wrong, as clients are. */
interface Client {
  memberId: string
  generation: number
  readonly instanceId: string | null
}

const SEEDS = 150
const STEPS = 120

/** A group with clients that do anything at any time, and a log that is slow and may refuse. */
class Chaos {
  readonly #world: ReturnType<typeof simulation>
  readonly #runtime
  readonly #random
  readonly #state = newGroupsState()
  readonly #context: ClassicContext
  readonly group: ClassicGroup
  readonly #clients: Client[]
  /** Requests that were sent and not answered. */
  readonly open = new Set<string>()
  /** Generation → who was told that it leads. */
  readonly #leaders = new Map<number, string>()
  #lastGeneration = 0
  #sent = 0
  /** Writes that are not committed yet. */
  #writes = 0
  /** The log refused the last record. */
  #isStale = false
  restores = 0

  constructor(seed: number) {
    this.#world = simulation({ seed })
    this.#runtime = this.#world.node('broker')
    this.#random = this.#world.random
    const { clock, random } = this.#runtime
    this.#context = {
      clock,
      random,
      logger: silentLogger,
      settings: { ...defaultGroupSettings, initialRebalanceDelayMs: 100, groupMaxSize: 5 },
      write: (record, onDone) => {
        if (this.#random.int(10) === 0) {
          this.#isStale = true
          clock.defer(() => onDone(new KafkaError('MESSAGE_TOO_LARGE')))
          return
        }
        apply(this.#state, record, silentLogger)
        this.#isStale = false
        this.#writes++
        clock.schedule(this.#random.int(50), () => {
          this.#writes--
          onDone(null)
        })
      },
    }
    this.group = newClassicGroup('g', clock)
    this.#clients = Array.from({ length: 7 }, (_, i) => ({
      memberId: '',
      generation: -1,
      instanceId: i < 3 ? `instance-${i}` : null,
    }))
  }

  async step(): Promise<void> {
    const client = this.#clients[this.#random.int(this.#clients.length)]!
    switch (this.#random.int(8)) {
      case 0:
      case 1:
      case 2:
        this.#join(client)
        break
      case 3:
      case 4:
        this.#sync(client)
        break
      case 5:
        heartbeat(this.group, {
          groupId: 'g',
          generationId: client.generation,
          memberId: client.memberId,
          groupInstanceId: client.instanceId,
        })
        break
      case 6:
        if (this.#random.int(3) > 0) break
        leaveGroup(this.#context, this.group, [
          {
            memberId: this.#random.int(2) === 0 ? client.memberId : '',
            groupInstanceId: client.instanceId,
            reason: null,
          },
        ])
        break
      default:
        // A restart of the client: it does not know what it was told.
        client.memberId = ''
    }
    this.#check()
    await this.#world.advance(this.#random.int([10, 200, 3_000, 12_000][this.#random.int(4)]!))
    this.#check()
  }

  /** Long after the last request. */
  async end(): Promise<void> {
    await this.#world.advance(3_600_000)
    this.#check()
  }

  /** Between rebalances, what the log says is the group of now. */
  #checkStored(): void {
    const isSettled = this.group.state === 'Stable' || this.group.state === 'Empty'
    if (!isSettled || this.#writes > 0 || this.#isStale || this.group.generation === 0) return
    const stored = this.#state.groups.get('g')
    assert.ok(stored?.type === 'classic')
    const restored = restoreGroup(this.#context, 'g', stored)
    cancelAlarms(restored)
    assert.deepEqual(describeGroup(restored), describeGroup(this.group))
    assert.equal(restored.leaderId, this.group.leaderId)
    assert.equal(restored.generation, this.group.generation)
    this.restores++
  }

  #join(client: Client): void {
    const name = `join ${(this.#sent += 1)}`
    const robin = Buffer.from(`robin ${this.#random.int(3)}`)
    const range = Buffer.from(`range ${this.#random.int(3)}`)
    const protocols = [
      { name: 'range', metadata: range },
      { name: 'robin', metadata: robin },
    ]
    if (this.#random.int(4) === 0) protocols.splice(this.#random.int(2), 1)
    if (this.#random.int(2) === 0) protocols.reverse()
    this.open.add(name)
    joinGroup(
      this.#context,
      this.group,
      {
        groupId: 'g',
        memberId: client.memberId,
        groupInstanceId: client.instanceId,
        sessionTimeoutMs: 6_000 + this.#random.int(20_000),
        rebalanceTimeoutMs: this.#random.int(30_000),
        protocolType: 'consumer',
        protocols,
        reason: null,
      },
      { apiVersion: 3 + this.#random.int(7), clientId: 'c', clientAddress: '::1' },
      (answer) => {
        assert.ok(this.open.delete(name), 'a request is answered once')
        if (answer.memberId !== '') client.memberId = answer.memberId
        if (answer.errorCode !== 0) return
        client.generation = answer.generationId!
        assert.ok(answer.generationId! >= this.#lastGeneration, 'generations never go back')
        this.#lastGeneration = answer.generationId!
        if (answer.members.length === 0) return
        // A static member that came back leads under another name, and does not assign.
        if (answer.skipAssignment === true) return
        const leader = this.#leaders.get(answer.generationId!)
        assert.ok(leader === undefined || leader === answer.memberId, 'one leads a generation')
        this.#leaders.set(answer.generationId!, answer.memberId)
      },
    )
  }

  #sync(client: Client): void {
    const name = `sync ${(this.#sent += 1)}`
    this.open.add(name)
    syncGroup(
      this.#context,
      this.group,
      {
        groupId: 'g',
        memberId: client.memberId,
        groupInstanceId: client.instanceId,
        generationId: client.generation,
        protocolType: null,
        protocolName: null,
        assignments: [...this.group.members.keys()].map((memberId) => ({
          memberId,
          assignment: Buffer.from(`${memberId} in ${client.generation}`),
        })),
      },
      (answer) => {
        assert.ok(this.open.delete(name), 'a request is answered once')
        if (answer.errorCode === 0 && answer.assignment.length > 0) {
          assert.match(String(answer.assignment), new RegExp(` in ${this.group.generation}$`))
        }
      },
    )
  }

  #check(): void {
    checkGroup(this.group)
    this.#checkStored()
    assert.ok(this.group.generation >= this.#lastGeneration)
    this.#lastGeneration = this.group.generation
  }
}

test('whatever clients do, a group keeps its invariants and answers everybody in the end', async () => {
  let restores = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chaos = new Chaos(seed)
    try {
      for (let i = 0; i < STEPS; i++) await chaos.step()
      await chaos.end()
      assert.deepEqual([...chaos.open], [])
      assert.equal(chaos.group.state, 'Empty')
      restores += chaos.restores
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  // Chaos that never settles would prove nothing.
  assert.ok(restores > SEEDS * 10, `only ${restores} times there was something to compare`)
})
