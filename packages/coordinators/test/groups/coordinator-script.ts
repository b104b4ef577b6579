import { errorTable, KafkaError, ZERO_UUID, type ErrorName } from '@ottla/protocol'
import { silentLogger } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import {
  defaultGroupSettings,
  GroupCoordinator,
  type GroupSettings,
  type TopicLookup,
} from '../../src/index.ts'
import { MemoryLog } from './memory-log.ts'
import { RequestScript } from './request-script.ts'
import { showRecord } from './show.ts'

/**
 * A coordinator on virtual time, driven by the commands of a transcript. Beside the requests that
 * `RequestScript` sends to it:
 *
 *   settings NAME=NUMBER …   a coordinator with other settings, its log kept
 *   wait MS                  virtual time passes; what happens meanwhile says when
 *   log                      the records since the last look
 *   hold | release           commits wait | go on
 *   refuse ERROR             the next append throws
 *   fail ERROR               the commits that are held fail
 *   topics-deleted TOPIC …   topics are no more
 *   expire                   a look for expired offsets
 *   restart                  a new coordinator from the log
 *   stop                     an end with NOT_COORDINATOR
 *
 * There are topics t1, t2 and t3, each with partitions 0 to 3.
 */
export class CoordinatorScript {
  readonly #world = simulation({ seed: 7 })
  readonly #runtime = this.#world.node('broker')
  readonly #startMs = this.#runtime.clock.now()
  readonly #log = new MemoryLog()
  readonly #topicIds = new Map<string, string>(
    ['t1', 't2', 't3'].map((name) => [
      name,
      Buffer.from(name.padEnd(16, '.')).toString('base64url'),
    ]),
  )
  readonly #requests: RequestScript
  #settings: GroupSettings = defaultGroupSettings
  #coordinator: GroupCoordinator
  #events: string[] = []
  #shown = 0
  #waitStart = 0
  #isWaiting = false

  constructor() {
    this.#coordinator = this.#load()
    this.#requests = new RequestScript({
      service: () => this.#coordinator,
      topicIds: this.#topicIds,
      say: (lines) => this.#say(...lines),
    })
  }

  async run(command: string): Promise<readonly string[]> {
    this.#events = []
    const [verb, ...words] = command.split(' ')
    if (!this.#requests.send(verb!, words)) await this.#execute(verb!, words)
    await this.#world.advance(0)
    return this.#events.map((event) => this.#requests.shorten(event))
  }

  #load(): GroupCoordinator {
    const { clock, random } = this.#runtime
    const topics: TopicLookup = {
      nameOf: (id) => [...this.#topicIds].find(([, known]) => known === id)?.[0],
      idOf: (topic) => this.#topicIds.get(topic),
      hasPartition: (topic, partition) =>
        this.#topicIds.has(topic) && partition >= 0 && partition < 4,
    }
    const coordinator = new GroupCoordinator({
      clock,
      random,
      topics,
      logger: silentLogger,
      appender: this.#log,
      settings: this.#settings,
      onFailure: (error) => this.#say(`the coordinator failed: ${error.message}`),
    })
    for (const record of this.#log.records) coordinator.replay(record)
    coordinator.onLoaded()
    return coordinator
  }

  async #execute(verb: string, words: string[]): Promise<void> {
    switch (verb) {
      case 'settings':
        for (const word of words) {
          const [name = '', value] = word.split('=')
          if (!(name in this.#settings)) throw new Error(`there is no setting ${name}`)
          this.#settings = { ...this.#settings, [name]: Number(value) }
        }
        this.#restart()
        return
      case 'topics-deleted': {
        const deleted = words.map((name) => ({ name, id: this.#topicIds.get(name) ?? ZERO_UUID }))
        for (const name of words) this.#topicIds.delete(name)
        await this.#coordinator.onTopicsDeleted(deleted)
        return
      }
      case 'expire':
        await this.#coordinator.expireOffsets()
        return
      case 'wait':
        this.#waitStart = this.#world.time
        this.#isWaiting = true
        await this.#world.advance(Number(words[0]))
        this.#isWaiting = false
        return
      case 'hold':
        this.#log.isHolding = true
        return
      case 'release':
        this.#log.release()
        return
      case 'refuse':
        this.#log.refusal = errorOf(words[0]!)
        return
      case 'fail':
        this.#log.fail(errorOf(words[0]!))
        return
      case 'log':
        for (const record of this.#log.records.slice(this.#shown)) {
          this.#say(showRecord(record, this.#startMs))
        }
        this.#shown = this.#log.records.length
        return
      case 'restart':
        this.#restart()
        return
      case 'stop':
        this.#coordinator.stop(new KafkaError('NOT_COORDINATOR'))
        return
      default:
        throw new Error(`a transcript has no command ${verb}`)
    }
  }

  #restart(): void {
    this.#coordinator.stop(new KafkaError('NOT_COORDINATOR'))
    this.#coordinator = this.#load()
  }

  #say(...lines: string[]): void {
    const when = this.#isWaiting ? `+${this.#world.time - this.#waitStart} ` : ''
    this.#events.push(...lines.map((line) => when + line))
  }
}

function errorOf(name: string): KafkaError {
  if (!(name in errorTable)) throw new Error(`there is no error ${name}`)
  return new KafkaError(name as ErrorName)
}
