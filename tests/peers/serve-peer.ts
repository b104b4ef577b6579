import { createInterface } from 'node:readline'
import type { Peer } from './peer.ts'

/**
 * Answers a peer's operations on stdin and stdout, one JSON line each:
 *
 *   → {"id": 7, "op": "consume", "args": ["topic", 1, 10]}
 *   ← {"id": 7, "result": […]}      or {"id": 7, "error": "what failed"}
 *   ← {"progress": 120000}          acknowledged so far, while a produceRun is under way
 *
 * Operations run concurrently; the program ends when stdin does.
 */
export function servePeer(peer: Omit<Peer, 'close'>): void {
  const operations = peer as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => void answer(line))
  lines.on('close', () => process.exit(0))
  // A client that fails in the background must not take its program along: the operation reports it.
  process.on('unhandledRejection', (error) => console.error('unhandled', error))
  process.on('uncaughtException', (error) => console.error('uncaught', error))

  async function answer(line: string): Promise<void> {
    const { id, op, args } = JSON.parse(line) as { id: number; op: string; args: unknown[] }
    try {
      if (op === 'produceRun') args.push((progress: number) => write({ progress }))
      const operation = operations[op]
      if (operation === undefined) throw new Error(`this peer has no operation ${op}`)
      write({ id, result: (await operation.apply(peer, args)) ?? null })
    } catch (error) {
      write({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
}

function write(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** host:port of the broker, as every peer program gets it. */
export function bootstrapAddress(): string {
  const address = process.argv[2]
  if (address === undefined) throw new Error('usage: <peer program> host:port')
  return address
}

/** Resolves when `done` says so; rejects when it has not after `timeoutMs`. */
export async function until(done: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`gave up waiting: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
