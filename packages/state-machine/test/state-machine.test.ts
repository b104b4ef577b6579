import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { InvariantError } from '@ottla/runtime'
import { StateMachine } from '../src/index.ts'
import { runTranscript } from './transcript.ts'

type Counts = Map<string, number>

/** A log whose commits are given by hand. */
class ManualLog {
  readonly open: { resolve: () => void; reject: (error: Error) => void }[] = []
  isFull = false

  append(): Promise<void> {
    if (this.isFull) {
      this.isFull = false
      throw new Error('no room')
    }
    return new Promise((resolve, reject) => void this.open.push({ resolve, reject }))
  }
}

function count(state: Counts, letter: string): void {
  state.set(letter, (state.get(letter) ?? 0) + 1)
}

const show = (state: Counts) => [...state].map(([letter, n]) => `${letter}=${n}`).join(' ')

/** Lets every settled promise tell its listeners. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('holds and releases replies as the transcript tells', async () => {
  const log = new ManualLog()
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
    onFailure: (error) => events.push(`machine failed: ${error.message}`),
  })
  let events: string[] = []

  const commands: Record<string, (name: string, letters: string[]) => void> = {
    submit: (name, letters) =>
      follow(name, (state) => ({ records: letters, reply: `after ${show(state) || 'nothing'}` })),
    read: (name) => follow(name, (state) => ({ records: [], reply: show(state) })),
    refuse: (name) =>
      follow(name, () => {
        throw new Error('refused')
      }),
    full: () => {
      log.isFull = true
      follow('full', () => ({ records: ['never'], reply: '' }))
    },
    state: () => void events.push(show(machine.state)),
    commit: () => log.open.shift()?.resolve(),
    'commit-newest': () => log.open.pop()?.resolve(),
    fail: () => log.open.shift()?.reject(new Error('the log is gone')),
  }
  function follow(name: string, decide: Parameters<typeof machine.submit<string>>[0]) {
    machine.submit(decide).then(
      (reply) => events.push(`${name}: ${reply}`),
      (error: Error) => events.push(`${name}: error: ${error.message}`),
    )
  }

  await runTranscript(join(import.meta.dirname, 'state-machine.txt'), async (line) => {
    events = []
    const [command, name, ...letters] = line.split(' ')
    commands[command!]!(name ?? '', letters)
    await settled()
    return events
  })
})

test('replayed records change the state and append nothing', async () => {
  const log = new ManualLog()
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
  })
  machine.replay('a')
  machine.replay('a')
  assert.equal(await machine.submit((state) => ({ records: [], reply: show(state) })), 'a=2')
  assert.equal(log.open.length, 0)
})

test('a record that cannot be applied fails the machine with its cause', async () => {
  const cause = new Error('unknown letter')
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: () => {
      throw cause
    },
    appender: { append: () => Promise.reject(new Error('nobody may float')) },
  })
  const reply = machine.submit(() => ({ records: ['a'], reply: null }))
  await assert.rejects(reply, (error) => error instanceof InvariantError && error.cause === cause)
  assert.ok(machine.failure instanceof InvariantError)
})

test('a broken invariant inside a decision fails the machine', async () => {
  const log = new ManualLog()
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
  })
  const earlier = machine.submit(() => ({ records: ['a'], reply: null }))
  const broken = machine.submit(() => {
    throw new InvariantError('two leaders')
  })
  await assert.rejects(earlier, InvariantError)
  await assert.rejects(broken, InvariantError)
})

test('a decision that submits another is refused', async () => {
  const log = new ManualLog()
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
  })
  let inner: Promise<unknown> = Promise.resolve()
  await machine.submit(() => {
    inner = machine.submit(() => ({ records: [], reply: null }))
    inner.catch(() => {})
    return { records: [], reply: null }
  })
  await assert.rejects(inner, InvariantError)
})

test('stopping rejects what is held, once, and is harmless twice', async () => {
  const log = new ManualLog()
  const failures: string[] = []
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
    onFailure: (error) => failures.push(error.message),
  })
  const held = machine.submit(() => ({ records: ['a'], reply: null }))
  machine.stop(new Error('not the leader any more'))
  machine.stop(new Error('again'))
  await assert.rejects(held, /not the leader any more/)
  assert.deepEqual(failures, ['not the leader any more'])
  assert.throws(() => machine.replay('a'), /not the leader any more/)
})

test('ten thousand held replies leave in order', async () => {
  const log = new ManualLog()
  const machine = new StateMachine<Counts, string>({
    state: new Map(),
    apply: count,
    appender: log,
  })
  const replies: number[] = []
  for (let i = 0; i < 10_000; i++) {
    void machine.submit(() => ({ records: ['a'], reply: i })).then((reply) => replies.push(reply))
  }
  for (const append of log.open.toReversed()) append.resolve()
  await settled()
  assert.equal(replies.length, 10_000)
  assert.ok(replies.every((reply, i) => reply === i))
})
