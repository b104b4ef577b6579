import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import { kafkaJars, programOnPath } from '../../tests/interop/installed-peers.ts'
import type { Load, LoadResult } from './load.ts'
import { cpuSeconds, residentMegabytes } from './process-figures.ts'
import { printReport } from './report.ts'
import type { Figures, Target } from './report.ts'
import { scenarios } from './scenarios.ts'
import { thisMachine } from './table.ts'
import type { Scenario } from './scenarios.ts'

export interface CompareOptions {
  readonly quick: boolean
  readonly unpinned: boolean
  readonly filter: string
  readonly json?: string
  readonly only?: Target
}

/**
 * Ottla and Apache Kafka, both running all the time, under the same loads in alternating rounds; the
 * median of the rounds counts. Each broker has one core, the load generator another.
 */
export async function compareBrokers(options: CompareOptions): Promise<void> {
  const targets = chooseTargets(options.only)
  const pin = !options.unpinned && cpus().length > 1 && programOnPath('taskset') !== null
  const machine = thisMachine()
  const figures: Figures = { machine, pinned: pin, brokers: {}, loads: [] }
  await using stack = new AsyncDisposableStack()
  const running: Partial<Record<Target, BrokerUnderTest>> = {}

  for (const target of targets) {
    const launcher = pin ? ['taskset', '-c', '0'] : []
    const { broker, startMs } = await startOften(target, launcher, options.quick ? 1 : 3)
    stack.use(broker)
    running[target] = broker
    figures.brokers[target] = { startMs, idleMegabytes: 0, loadedMegabytes: 0 }
  }
  await sleep(options.quick ? 1000 : 3000)
  for (const target of targets) {
    figures.brokers[target]!.idleMegabytes = residentMegabytes(running[target]!.pid)
  }

  const generator = startGenerator(pin)
  stack.defer(() => void generator.process.kill())
  for (const scenario of scenarios(options.quick)) {
    if (!scenario.name.includes(options.filter)) continue
    try {
      const rounds = await runScenario(scenario, targets, running, generator, options.quick)
      figures.loads.push({ name: scenario.name, unit: scenario.unit, ...rounds })
      console.error(`done: ${scenario.name}`)
    } catch (error) {
      // The others' figures took minutes.
      console.error(`failed: ${scenario.name}`, error)
      process.exitCode = 1
    }
  }
  for (const target of targets) {
    figures.brokers[target]!.loadedMegabytes = residentMegabytes(running[target]!.pid)
  }
  printReport(figures)
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
    console.log(`figures written to ${options.json}`)
  }
}

/** Both, where there is a Kafka; or the one asked for. */
export function chooseTargets(only: Target | undefined): Target[] {
  if (only !== undefined) return [only]
  if (kafkaJars() !== null) return ['ottla', 'kafka']
  console.error(
    'No Apache Kafka to compare with: Java or its jars are missing. tests/peers/install.sh installs\n' +
      'both. Measuring Ottla alone.\n',
  )
  return ['ottla']
}

/** Starts a broker some times on an empty data directory; the last one goes on running. */
async function startOften(
  target: Target,
  launcher: readonly string[],
  times: number,
): Promise<{ broker: BrokerUnderTest; startMs: number }> {
  const startMs: number[] = []
  for (;;) {
    // Kafka deletes a topic's files a minute later; the next rounds need the room.
    const settings = { 'log.segment.delete.delay.ms': '1000' }
    const broker = await startBroker({ target, launcher, settings })
    startMs.push(broker.startedInMs)
    if (startMs.length === times) return { broker, startMs: median(startMs) }
    // Not killed: a broker that ends by itself keeps what it compiled for its next start.
    await broker.stop()
    await broker[Symbol.asyncDispose]()
  }
}

interface Round {
  readonly result: LoadResult
  /** The broker's. */
  readonly cpuSeconds: number
}

/** A round that takes less than so much of the best one's CPU says that the broker is not warm yet. */
const WARM_GAIN = 0.95

export type Rounds = Partial<Record<Target, Round>>

async function runScenario(
  scenario: Scenario,
  targets: readonly Target[],
  running: Partial<Record<Target, BrokerUnderTest>>,
  generator: Generator,
  quick: boolean,
): Promise<Rounds> {
  const [warmupsMax, rounds] = quick ? [3, 3] : [8, 5]
  let count = 0
  const round = (target: Target): Promise<Round> =>
    runRound(scenario, running[target]!, `${scenario.topic}-${count++}`, generator)

  for (const target of targets) await scenario.prepare?.(running[target]!, generator.perform)
  for (const target of targets) await warmUp(() => round(target), warmupsMax)
  const measured: Record<Target, Round[]> = { ottla: [], kafka: [] }
  for (let index = 0; index < rounds; index++) {
    for (const target of index % 2 === 0 ? targets : targets.toReversed()) {
      measured[target].push(await round(target))
    }
  }
  const medians: Rounds = {}
  for (const target of targets) {
    medians[target] = medianRound(measured[target])
    if (scenario.prepare !== undefined) await running[target]!.deleteTopic(scenario.topic)
  }
  return medians
}

/**
 * Rounds that do not count, since two virtual machines compile what is used often: until two in a row
 * take no less CPU a byte than the best before.
 */
async function warmUp(round: () => Promise<Round>, roundsMax: number): Promise<void> {
  let best = Infinity
  let withoutGain = 0
  for (let index = 0; index < roundsMax && withoutGain < 2; index++) {
    const { result, cpuSeconds: used } = await round()
    const cost = used / result.bytes
    withoutGain = cost < best * WARM_GAIN ? 0 : withoutGain + 1
    best = Math.min(best, cost)
  }
}

async function runRound(
  scenario: Scenario,
  broker: BrokerUnderTest,
  freshTopic: string,
  generator: Generator,
): Promise<Round> {
  const isPrepared = scenario.prepare !== undefined
  const topic = isPrepared ? scenario.topic : freshTopic
  if (!isPrepared) {
    await broker.createTopic(topic, scenario.partitions)
    // Kafka tells clients of a new leader a moment before that leader knows.
    await sleep(1000)
  }
  const before = cpuSeconds(broker.pid)
  const result = await generator.perform(scenario.load(broker.port, topic))
  const used = cpuSeconds(broker.pid) - before
  if (!isPrepared) await broker.deleteTopic(topic)
  return { result, cpuSeconds: used }
}

/** The round with the median rate stands for all of its figures. */
function medianRound(rounds: readonly Round[]): Round {
  const rate = ({ result }: Round): number => result.records / result.seconds
  return rounds.toSorted((a, b) => rate(a) - rate(b))[rounds.length >> 1]!
}

export interface Generator {
  readonly process: ChildProcess
  readonly perform: (load: Load) => Promise<LoadResult>
}

/** Starts a load generator; a pinned one on the last core. */
export function startGenerator(pin: boolean): Generator {
  const script = join(import.meta.dirname, 'generator.ts')
  const node = ['--conditions=ottla-src', script]
  const lastCore = String(cpus().length - 1)
  const child = pin
    ? fork(script, {
        execPath: 'taskset',
        execArgv: ['-c', lastCore, process.execPath, '--conditions=ottla-src'],
      })
    : fork(script, { execArgv: node.slice(0, 1) })
  return {
    process: child,
    perform: async (load) =>
      await new Promise((resolve, reject) => {
        child.once('message', (answer: { result?: LoadResult; error?: string }) => {
          if (answer.result === undefined) reject(new Error(`${load.topic}: ${answer.error}`))
          else resolve(answer.result)
        })
        child.send(load)
      }),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
