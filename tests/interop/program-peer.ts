import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Peer } from '../peers/peer.ts'

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

const operations = [
  'produce',
  'consume',
  'offsetForTime',
  'readInGroup',
  'startMember',
  'memberState',
  'stopMember',
  'produceRun',
  'consumeRun',
] as const

/** The asking side of tests/peers/serve-peer.ts: further operations of a program by name. */
export interface ProgramPeer extends Peer {
  ask(op: string, ...args: unknown[]): Promise<unknown>
  /** SIGKILL: a client that vanishes without a word. */
  kill(): void
}

const running = new Set<() => void>()
process.on('exit', () => {
  for (const kill of running) kill()
})

/** Starts a peer program; it ends when its stdin is closed. */
export function startProgram(command: readonly string[], env: NodeJS.ProcessEnv = {}): ProgramPeer {
  const [program, ...args] = command
  const child = spawn(program as string, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const kill = (): void => void child.kill('SIGKILL')
  running.add(kill)
  const waiting = new Map<number, Waiting>()
  const progressListeners = new Set<(acknowledged: number) => void>()
  let complaints = ''
  let nextId = 1

  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-20_000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) {
      complaints += `${line}\n`
      return
    }
    const message = JSON.parse(line) as {
      id?: number
      result?: unknown
      error?: string
      progress?: number
    }
    if (message.progress !== undefined) {
      for (const listener of progressListeners) listener(message.progress)
      return
    }
    const caller = waiting.get(message.id ?? 0)
    waiting.delete(message.id ?? 0)
    if (message.error === undefined) caller?.resolve(message.result)
    else caller?.reject(new Error(`${program}: ${message.error}\n${complaints}`))
  })
  const exited = new Promise<void>((resolve) => {
    child.on('error', (error) => (complaints += error.message))
    child.on('close', () => {
      running.delete(kill)
      for (const { reject } of waiting.values())
        reject(new Error(`${program} ended: ${complaints}`))
      waiting.clear()
      resolve()
    })
  })
  child.stdin.on('error', () => {}) // it ended: its callers hear that

  const ask = async (op: string, ...values: unknown[]): Promise<unknown> => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${complaints}`)
    const id = nextId++
    const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    child.stdin.write(`${JSON.stringify({ id, op, args: values })}\n`)
    return await answer
  }

  const peer: Record<string, unknown> = {
    ask,
    kill,
    async close() {
      child.stdin.end()
      const late = setTimeout(kill, 3000)
      await exited
      clearTimeout(late)
    },
  }
  for (const op of operations) peer[op] = (...values: unknown[]) => ask(op, ...values)
  peer['produceRun'] = async (run: unknown, onProgress?: (acknowledged: number) => void) => {
    if (onProgress !== undefined) progressListeners.add(onProgress)
    try {
      await ask('produceRun', run)
    } finally {
      if (onProgress !== undefined) progressListeners.delete(onProgress)
    }
  }
  return peer as unknown as ProgramPeer
}
