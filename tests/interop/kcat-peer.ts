import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { MemberState, OutgoingRecord, Peer, Run, StoredRecord } from '../peers/peer.ts'
import { RunChecker, runValue } from '../peers/run-checker.ts'

/** kcat: every operation is a command line. */
export function kcatPeer(kcat: string, address: string): Peer {
  const members = new Map<string, Member>()
  const broker = ['-b', address, '-X', 'fetch.wait.max.ms=100', '-X', 'heartbeat.interval.ms=500']

  /** One record a call where it needs its own headers or nulls: kcat's are per call. */
  async function produceOne(topic: string, codec: string, record: OutgoingRecord): Promise<void> {
    if (record.timestamp !== undefined) throw new Error('kcat cannot set timestamps')
    const args = ['-P', '-t', topic, '-p', `${record.partition}`, '-X', 'acks=all', '-z', codec]
    for (const [name, value] of record.headers) {
      args.push('-H', value === null ? name : `${name}=${value}`)
    }
    // A message ends at 1 and its key at 2, so that both can hold newlines. With -Z an empty value
    // is null, though only behind a key: without one kcat drops an empty message.
    if (record.value === null) args.push('-Z')
    if (record.key !== null) args.push('-K', '\u0002')
    const key = record.key === null ? '' : `${record.key}\u0002`
    await run(kcat, [...broker, ...args, '-D', '\u0001'], `${key}${record.value ?? ''}\u0001`)
  }

  return {
    async produce(topic, codec, records) {
      const plain = records.every(
        (one) => one.key === null && one.value !== null && one.headers.length === 0,
      )
      if (!plain) {
        for (const record of records) await produceOne(topic, codec, record)
        return
      }
      for (const partition of new Set(records.map((one) => one.partition))) {
        const lines = records.filter((one) => one.partition === partition).map((one) => one.value)
        const args = ['-P', '-t', topic, '-p', `${partition}`, '-X', 'acks=all', '-z', codec]
        await run(kcat, [...broker, ...args], `${lines.join('\n')}\n`)
      }
    },

    async consume(topic, _partitions, count) {
      const args = ['-C', '-t', topic, '-o', 'beginning', '-c', `${count}`, '-J', '-q']
      return parseRecords(await run(kcat, [...broker, ...args]))
    },

    async offsetForTime(topic, partition, timestampMs) {
      // Prints "topic [partition] offset N".
      const output = await run(kcat, [
        ...broker,
        '-Q',
        '-t',
        `${topic}:${partition}:${timestampMs}`,
      ])
      const offset = Number(/ offset (-?\d+)/.exec(output)?.[1] ?? Number.NaN)
      return offset >= 0 ? offset : null
    },

    async readInGroup(group, topic, count) {
      const args = ['-X', 'auto.offset.reset=earliest', '-c', `${count}`, '-J', '-q']
      return parseRecords(await run(kcat, [...broker, ...args, '-G', group, topic]))
    },

    async startMember(name, group, topic) {
      const settings = ['-X', 'auto.offset.reset=earliest', '-X', 'auto.commit.interval.ms=100']
      members.set(name, new Member(kcat, [...broker, ...settings, '-u', '-E', '-G', group, topic]))
    },

    async memberState(name) {
      return member(name).state()
    },

    async stopMember(name) {
      return await member(name).stop()
    },

    async produceRun(numbered, onProgress) {
      const partitions = Array.from({ length: numbered.partitions }, (_, partition) => partition)
      let done = 0
      await Promise.all(
        partitions.map(async (partition) => {
          const settings = ['-X', 'acks=all', '-X', `enable.idempotence=${numbered.idempotent}`]
          const patience = ['-X', 'message.timeout.ms=120000', '-X', 'linger.ms=5', '-E']
          const where = ['-P', '-t', numbered.topic, '-p', `${partition}`, '-z', numbered.codec]
          await run(kcat, [...broker, ...where, ...settings, ...patience], (write) =>
            writeNumbers(numbered, write, (written) => {
              done += written
              onProgress?.(done)
            }),
          )
        }),
      )
    },

    async consumeRun(numbered) {
      const checker = new RunChecker(numbered.partitions, numbered.count)
      const format = ['-f', '%p %s\\n', '-o', 'beginning', '-c', `${numbered.count}`, '-q']
      await run(kcat, [...broker, '-C', '-t', numbered.topic, ...format], '', (line) => {
        const space = line.indexOf(' ')
        checker.saw(Number(line.slice(0, space)), Number(line.slice(space + 1)))
      })
      return checker.report()
    },

    async close() {
      await Promise.all([...members.values()].map((one) => one.stop()))
    },
  }

  function member(name: string): Member {
    const found = members.get(name)
    if (found === undefined) throw new Error(`no member ${name}`)
    return found
  }
}

/** A kcat that reads in a group until it is told to stop. */
class Member {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #received: string[] = []
  #partitions: number[] = []

  constructor(kcat: string, args: readonly string[]) {
    this.#child = spawn(kcat, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = new Promise((resolve) => this.#child.once('close', () => resolve()))
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#received.push(line))
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#heard(line))
  }

  /** "% Group g rebalanced (memberid m): assigned: topic [0], topic [1]", or "revoked: …" */
  #heard(line: string): void {
    const [, change, list] = /^% Group .* rebalanced .*: (assigned|revoked): (.*)$/.exec(line) ?? []
    if (change === 'revoked') this.#partitions = []
    if (change === 'assigned') {
      this.#partitions = [...(list ?? '').matchAll(/\[(\d+)\]/g)].map((found) => Number(found[1]))
    }
  }

  state(): MemberState {
    return { partitions: this.#partitions.toSorted((a, b) => a - b), received: this.#received }
  }

  async stop(): Promise<MemberState> {
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#exited
    clearTimeout(late)
    return { partitions: [], received: this.#received }
  }
}

/** Writes one partition's numbers as lines, as fast as kcat takes them. */
async function writeNumbers(
  numbered: Run,
  write: (text: string) => Promise<void>,
  onWritten: (count: number) => void,
): Promise<void> {
  const perPartition = numbered.count / numbered.partitions
  const atOnce = 5000
  for (let from = 0; from < perPartition; from += atOnce) {
    const end = Math.min(perPartition, from + atOnce)
    let text = ''
    for (let number = from; number < end; number++) {
      text += `${runValue(number, numbered.valueBytes)}\n`
    }
    await write(text)
    onWritten(end - from)
  }
}

type Input = string | ((write: (text: string) => Promise<void>) => Promise<void>)

/** Runs kcat to its end; rejects with what it wrote to stderr when it fails. */
async function run(
  kcat: string,
  args: readonly string[],
  input: Input = '',
  onLine?: (line: string) => void,
): Promise<string> {
  const child = spawn(kcat, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const late = setTimeout(() => child.kill('SIGKILL'), 150_000)
  let output = ''
  let complaints = ''
  child.stdin.on('error', () => {}) // it ended early: the exit code says why
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  if (onLine === undefined) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  } else {
    createInterface({ input: child.stdout }).on('line', onLine)
  }
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (typeof input === 'string') child.stdin.end(input)
  else {
    await input(async (text) => {
      // A kcat that has ended takes nothing more; its exit code says why.
      if (!child.stdin.write(text)) await Promise.race([once(child.stdin, 'drain'), closed])
    })
    child.stdin.end()
  }
  const code = await closed
  clearTimeout(late)
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${complaints}`)
  return output
}

interface KcatJson {
  readonly partition: number
  readonly offset: number
  readonly ts: number
  readonly headers?: readonly (string | null)[]
  readonly key: string | null
  readonly payload: string | null
}

/** Lines of -J; its headers are one list, name and value in turn. */
function parseRecords(output: string): StoredRecord[] {
  const lines = output.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const { partition, offset, ts, headers = [], key, payload } = JSON.parse(line) as KcatJson
    const pairs: [string, string | null][] = []
    for (let index = 0; index < headers.length; index += 2) {
      pairs.push([headers[index] as string, headers[index + 1] ?? null])
    }
    return { partition, offset, timestamp: ts, key, value: payload, headers: pairs }
  })
}
