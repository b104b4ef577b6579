import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaJars, peersFolder } from './installed-peers.ts'
import { startProgram } from './program-peer.ts'
import type { ProgramPeer } from './program-peer.ts'

/** Kafka's own clients and tools in one virtual machine, compiled when a test starts. */
export interface JavaPeer extends ProgramPeer {
  /** Runs a command line tool by its class; `output` is stdout and stderr. */
  tool(className: string, args: readonly string[], input?: string): Promise<ToolResult>
}

export interface ToolResult {
  readonly exit: number
  readonly output: string
}

export function startJavaPeer(address: string): JavaPeer {
  const jars = kafkaJars()
  if (jars === null) throw new Error('Kafka’s jars are missing')
  const classes = mkdtempSync(join(tmpdir(), 'ottla-interop-java-'))
  const source = join(peersFolder, 'Peer.java')
  const compiled = spawnSync('javac', ['-nowarn', '-cp', `${jars}/*`, '-d', classes, source], {
    encoding: 'utf8',
  })
  if (compiled.status !== 0) throw new Error(`javac failed:\n${compiled.stderr}`)
  const peer = startProgram([
    'java',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    `${classes}:${jars}/*`,
    'Peer',
    address,
  ])
  return {
    ...peer,
    tool: async (className, args, input = '') =>
      (await peer.ask('tool', className, args, input)) as ToolResult,
    async close() {
      await peer.close()
      rmSync(classes, { recursive: true, force: true })
    },
  }
}
