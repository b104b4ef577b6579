import { offsetOf } from '@ottla/client'
import { keepTopics } from './actors/keeper.ts'
import { Reader } from './actors/reader.ts'
import { makeTrouble } from './actors/trouble.ts'
import { watch } from './actors/watcher.ts'
import { Writer } from './actors/writer.ts'
import { invariants } from './invariants/index.ts'
import { type Outcome, readOutcome } from './outcome.ts'
import type { Promises } from './promises.ts'
import { LETTERS, LETTERS_PARTITIONS, READERS } from './topics.ts'
import { World } from './world.ts'

/** What the broker logs when the fault is its own. */
const ownMistakes = ['failed unexpectedly', 'the broker stops', 'could not be loaded', 'Invariant']

export interface RunOptions {
  /** Default: as the seed has it. */
  readonly promises?: Promises | undefined
  /** How long there is trouble, in virtual time. Default one minute. */
  readonly troubleMs?: number
}

/** After so much virtual time without trouble something is broken for good: clients retry for ever. */
const REST_MAX_MS = 600_000

export interface Run {
  readonly seed: number
  readonly promises: Promises
  /** SHA-256 of all that happened. */
  readonly hash: string
  readonly recordCount: number
  readonly virtualMs: number
  readonly world: World
}

/** A world whose end breaks what should hold, and how to see it again. */
export class SimulationFailure extends Error {
  readonly seed: number
  readonly world: World

  constructor(world: World, seed: number, breaches: readonly string[], cause?: unknown) {
    const shown = breaches.slice(0, 12).map((breach) => `  ${breach}`)
    if (breaches.length > shown.length) shown.push(`  … ${breaches.length - shown.length} more`)
    super(
      [
        `seed ${seed} (${world.promises}): ${breaches.length} breaches`,
        ...shown,
        `again: npm run simulate -- --world broker --seed ${seed}`,
      ].join('\n'),
      { cause },
    )
    this.name = 'SimulationFailure'
    this.seed = seed
    this.world = world
  }
}

/**
 * Lives through one world and holds its end against the invariants.
 * @throws {SimulationFailure}
 */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<Run> {
  const { promises, troubleMs = 60_000 } = options
  const world = new World(seed, promises)
  let outcome: Outcome
  try {
    outcome = await world.simulation.run(() =>
      Promise.race([live(world, troubleMs), giveUp(world, troubleMs + REST_MAX_MS)]),
    )
  } catch (error) {
    throw new SimulationFailure(world, seed, [String((error as Error).stack)], error)
  }
  const breaches = invariants
    .filter((invariant) => invariant.appliesTo(world.promises))
    .flatMap((invariant) =>
      [...invariant.breaches(world.history, outcome)].map(
        (breach) => `${invariant.constructor.name}: ${breach}`,
      ),
    )
  if (breaches.length > 0) throw new SimulationFailure(world, seed, breaches)
  let recordCount = 0
  for (const log of outcome.logs.values()) recordCount += log.length
  return {
    seed,
    promises: world.promises,
    hash: world.simulation.trace.hash,
    recordCount,
    virtualMs: world.simulation.time,
    world,
  }
}

async function live(world: World, troubleMs: number): Promise<Outcome> {
  const { broker, history } = world
  broker.start()
  await broker.started()
  const client = world.client('director')
  await makeLetters(world)

  const writers = ['writer-1', 'writer-2'].map((name) => new Writer(world, name, 1).run())
  const readers = ['reader-1', 'reader-2', 'reader-3'].map((name) => new Reader(world, name).run())
  const others = [watch(world), keepTopics(world)]
  const actors = Promise.all([...writers, ...readers, ...others])
  await Promise.race([makeTrouble(world, troubleMs), actors])
  world.isEnding = true
  await actors

  const partitions = Array.from({ length: LETTERS_PARTITIONS }, (_, partition) => ({
    topic: LETTERS,
    partition,
  }))
  const ends = new Map<string, number>()
  for (const each of partitions) {
    ends.set(`${each.topic}-${each.partition}`, await offsetOf(client.cluster, each, 'latest'))
  }
  await new Reader(world, 'last-reader').readToEnd(ends)
  const bugs = world.simulation.trace.entries
    .map(({ what }) => what)
    .filter((what) => ownMistakes.some((words) => what.includes(words)))
  const outcome = await readOutcome(client, partitions, [READERS], bugs)
  await client.close()
  await broker.stop()
  assertNothingUnsure(history.unsureTopics)
  return outcome
}

/** @throws {Error} when that time has come. */
async function giveUp(world: World, atMs: number): Promise<never> {
  await world.simulation.node('director').clock.sleep(atMs)
  const { entries } = world.simulation.trace
  const last = entries.findLast(({ what }) => /^broker.* (warn|error) /.test(what))?.what
  throw new Error(
    `not at rest after ${atMs / 1000} s; the broker's last complaint: ${last ?? 'none'}`,
  )
}

async function makeLetters(world: World): Promise<void> {
  const client = world.client('director')
  const retentionMs = '604800000'
  const [made] = await client.admin.createTopics([
    { name: LETTERS, partitions: LETTERS_PARTITIONS, configs: { 'retention.ms': retentionMs } },
  ])
  if (made?.error != null) throw made.error
  world.history.topics.set(LETTERS, { partitions: LETTERS_PARTITIONS, retentionMs })
  await client.close()
}

function assertNothingUnsure(topics: ReadonlySet<string>): void {
  if (topics.size > 0) throw new Error(`nobody answered for ${[...topics].join(', ')}`)
}
