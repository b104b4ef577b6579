import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * Where tests/peers/install.sh put the peers. A peer that is missing skips its tests with a line that
 * says how to install it; with CI=true it fails them, so that CI never passes by testing nothing.
 */

export const peersFolder: string = join(import.meta.dirname, '..', 'peers')

const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const installed = process.env['OTTLA_PEERS'] ?? join(caches, 'ottla-peers')

/** The folder with Kafka's jars; null when Java or they are missing. */
export function kafkaJars(): string | null {
  const chosen = process.env['OTTLA_KAFKA_JARS']
  const folders =
    chosen === undefined ? [join(caches, 'kafka-4.3.1'), join(installed, 'kafka-4.3.1')] : [chosen]
  if (programOnPath('java') === null) return null
  return folders.find((folder) => existsSync(join(folder, 'kafka_2.13-4.3.1.jar'))) ?? null
}

/** The interpreter of the virtual environment with the Python peers. */
export function peerPython(): string | null {
  const folder = join(installed, `python-${digest('python/requirements.txt')}`)
  return existsSync(join(folder, '.ready')) ? join(folder, 'bin', 'python') : null
}

/** The folder whose node_modules holds the peers from npm. */
export function npmPeers(): string | null {
  const name = `npm-${digest('npm/package-lock.json')}-${process.versions.modules}`
  const folder = join(installed, name)
  return existsSync(join(folder, '.ready')) ? folder : null
}

/** As npmPeers; null as well when the native addon of @confluentinc/kafka-javascript is missing. */
export function confluentPeer(): string | null {
  const folder = npmPeers()
  const addon = 'node_modules/@confluentinc/kafka-javascript/build/Release'
  if (folder === null) return null
  return existsSync(join(folder, addon, 'confluent-kafka-javascript.node')) ? folder : null
}

export function programOnPath(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null
}

/** `skip` of a test that needs a peer: false when it is there. */
export function skipUnless(peer: string | null, name: string): string | false {
  if (peer !== null) return false
  const missing = `${name} is not installed: run tests/peers/install.sh`
  if (process.env['CI'] === 'true') throw new Error(missing)
  return missing
}

/** As install.sh names its folders: by what was pinned. */
function digest(file: string): string {
  const content = readFileSync(join(peersFolder, file))
  return createHash('sha256').update(content).digest('hex').slice(0, 12)
}
