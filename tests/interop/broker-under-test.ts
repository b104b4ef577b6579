import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { Admin } from 'kafkajs'
import { kafkaJars } from './installed-peers.ts'

/**
 * A broker as a child process, on a free port with a fresh data directory.
 *
 * Ottla by default. OTTLA_INTEROP_TARGET=kafka runs the same tests against a real Apache Kafka, to
 * tell a wrong test from a wrong broker. OTTLA_INTEROP_OTTLA names another ottla.js, such as an
 * installed package's. OTTLA_INTEROP_KEEP=1 keeps the data and the broker's output.
 */

export type Settings = Readonly<Record<string, string>>

export interface BrokerOptions {
  /** Kafka's setting names; on top of short waits and single replicas. */
  readonly settings?: Settings
  /** Default: as OTTLA_INTEROP_TARGET says. */
  readonly target?: 'ottla' | 'kafka'
  /** How long a start may take. Default: a minute. */
  readonly startTimeoutMs?: number
  /** Put before the command line, e.g. taskset and its arguments. */
  readonly launcher?: readonly string[]
  /** Data of an earlier broker, of either kind, to go on with; it is kept when this one is disposed of. */
  readonly dataDir?: string
}

export interface BrokerUnderTest extends AsyncDisposable {
  readonly target: 'ottla' | 'kafka'
  /** host:port */
  readonly address: string
  readonly port: number
  /** Where partitions' folders are. */
  readonly dataDir: string
  /** Milliseconds from the spawn to the first answer. */
  readonly startedInMs: number
  readonly pid: number
  createTopic(name: string, partitions: number, settings?: Settings): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves once the process is gone. */
  stop(): Promise<void>
  /** Starts it again on the same port and data after `kill` or `stop`. */
  start(): Promise<void>
  /** What the broker wrote to stdout and stderr. */
  output(): string
}

/** Short waits, so that tests are; everything else is as Kafka's defaults have it. */
const testSettings: Settings = {
  'num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
}

// kafkajs starts timers with negative delays; Node would say so in every test's output.
const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void
process.emitWarning = (...args: unknown[]) => {
  if (args[1] !== 'TimeoutNegativeWarning') emitWarning(...args)
}

const running = new Set<ChildProcess>()
// A test file that ends in the middle leaves no broker behind.
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export async function startBroker(options: BrokerOptions = {}): Promise<BrokerUnderTest> {
  const chosen = process.env['OTTLA_INTEROP_TARGET'] === 'kafka' ? 'kafka' : 'ottla'
  const { settings = {}, target = chosen, launcher = [], startTimeoutMs = 60_000 } = options
  const folder = mkdtempSync(join(tmpdir(), `ottla-interop-${target}-`))
  const port = await freePort()
  const dataDir = options.dataDir ?? join(folder, 'data')
  const outputFile = join(folder, 'output.log')
  const address = `127.0.0.1:${port}`
  const command =
    target === 'kafka'
      ? await kafkaCommand(folder, dataDir, port, { ...testSettings, ...settings })
      : ottlaCommand(dataDir, address, { ...testSettings, ...settings })
  let child: ChildProcess | null = null
  let startedInMs = 0

  const output = (): string => readFileSync(outputFile, 'utf8')

  async function start(): Promise<void> {
    const file = openSync(outputFile, 'a')
    const from = performance.now()
    const [program, ...args] = [...launcher, ...command]
    // A process group of its own: the broker may be a child of what is started here.
    const stdio = ['ignore', file, file] as const
    const started = spawn(program as string, args, { stdio: [...stdio], detached: true })
    closeSync(file)
    child = started
    running.add(started)
    started.on('exit', () => running.delete(started))
    while (!(await answers(port))) {
      if (started.exitCode !== null || started.signalCode !== null) {
        throw new Error(`the broker did not start:\n${output()}`)
      }
      if (performance.now() - from > startTimeoutMs) {
        await end('SIGKILL')
        throw new Error(`the broker did not answer within ${startTimeoutMs / 1000} s:\n${output()}`)
      }
      await sleep(5)
    }
    startedInMs = performance.now() - from
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ending = child
    child = null
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = new Promise((resolve) => ending.once('exit', resolve))
    if (signal === 'SIGKILL') signalGroup(ending, signal)
    else ending.kill(signal)
    // A broker that does not stop when asked must not hold up whoever comes next.
    const late = setTimeout(() => signalGroup(ending, 'SIGKILL'), 30_000)
    await gone
    clearTimeout(late)
  }

  await start()
  return {
    target,
    address,
    port,
    dataDir,
    output,
    start,
    get startedInMs() {
      return startedInMs
    },
    get pid() {
      return child?.pid ?? -1
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    createTopic: (topic, numPartitions, topicSettings = {}) =>
      withAdmin(address, async (admin) => {
        const configEntries = Object.entries(topicSettings).map(([name, value]) => ({
          name,
          value,
        }))
        const one = { topic, numPartitions, replicationFactor: 1, configEntries }
        await admin.createTopics({ topics: [one], waitForLeaders: true })
      }),
    deleteTopic: (topic) => withAdmin(address, (admin) => admin.deleteTopics({ topics: [topic] })),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
      if (process.env['OTTLA_INTEROP_KEEP'] === '1') console.error(`kept: ${folder}`)
      else rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ottlaCommand(dataDir: string, address: string, settings: Settings): string[] {
  const inClone = join(import.meta.dirname, '..', '..', 'packages', 'ottla', 'bin', 'ottla.js')
  const ottla = process.env['OTTLA_INTEROP_OTTLA'] ?? inClone
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const where = ['--listen', address, '--data-dir', dataDir]
  return [process.execPath, ottla, 'start', ...where, ...set]
}

async function kafkaCommand(
  folder: string,
  dataDir: string,
  port: number,
  settings: Settings,
): Promise<string[]> {
  const jars = kafkaJars()
  if (jars === null) throw new Error('OTTLA_INTEROP_TARGET=kafka needs Java and Kafka’s jars')
  const controllerPort = await freePort()
  const file = join(folder, 'server.properties')
  const properties: Settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDir,
    ...settings,
  }
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''))
  const java = ['-cp', `${jars}/*`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'b3R0bGEtaW50ZXJvcDEyMw', '-c', file]
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    const formatted = spawnSync('java', [...java, ...format], { encoding: 'utf8' })
    if (formatted.status !== 0) throw new Error(`StorageTool failed:\n${formatted.stderr}`)
  }
  // The heap and the collector that Kafka's own start script chooses.
  const heap = ['-server', '-Xms1g', '-Xmx1g', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']
  return ['java', ...heap, '-XX:InitiatingHeapOccupancyPercent=35', ...java, 'kafka.Kafka', file]
}

function signalGroup(child: ChildProcess, signal: 'SIGKILL'): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It has just ended.
  }
}

/** A port that nothing listens on; the system does not hand it out again for a while. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Whether an ApiVersions request (v0) is answered. */
export async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    // size, api key 18, version 0, correlation id 1, no client id
    socket.once('connect', () => socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex')))
    socket.once('data', () => finish(true))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.setTimeout(5000, () => finish(false))
  })
}

async function withAdmin(address: string, work: (admin: Admin) => Promise<void>): Promise<void> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.disconnect()
  }
}
