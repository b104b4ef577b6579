import type { Disk, Random } from '@ottla/runtime'
import { DataDirectoryError } from './data-directory-error.ts'

/**
 * `meta.properties`: to which cluster and broker a data directory belongs. A Java properties file.
 *
 *     version=1
 *     cluster.id=AO_p5oA3RGWrJTf6oByq5w
 *     node.id=1
 *     directory.id=cSgmd4q3K0YW7ZCABrRvng
 */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

export const META_PROPERTIES = 'meta.properties'

export interface ExpectedProperties {
  readonly nodeId: number
  /** null: whichever the directory has; a new one gets a random one. */
  readonly clusterId: string | null
}

/**
 * The directory's properties, made when it has none.
 *
 * @throws DataDirectoryError when it belongs to another cluster or broker, or cannot be understood
 */
export function claimDirectory(
  disk: Disk,
  random: Random,
  directory: string,
  expected: ExpectedProperties,
): MetaProperties {
  const path = `${directory}/${META_PROPERTIES}`
  const found = disk.stat(path) === null ? null : parse(path, disk.readFile(path).toString('utf8'))
  if (found === null) {
    const made = {
      clusterId: expected.clusterId ?? random.uuid(),
      nodeId: expected.nodeId,
      directoryId: random.uuid(),
    }
    disk.replaceFile(path, format(made))
    return made
  }
  if (found.nodeId !== expected.nodeId) {
    throw new DataDirectoryError(
      `${path}: this data directory is of node.id ${found.nodeId}, but this broker's is ${expected.nodeId}; set node.id=${found.nodeId} or use another data directory`,
    )
  }
  if (expected.clusterId !== null && found.clusterId !== expected.clusterId) {
    throw new DataDirectoryError(
      `${path}: this data directory is of cluster ${found.clusterId}, but this broker's is ${expected.clusterId}; use that cluster id or another data directory`,
    )
  }
  if (found.directoryId !== null) return { ...found, directoryId: found.directoryId }
  // Before Kafka 3.7 directories had no id.
  const completed = { ...found, directoryId: random.uuid() }
  disk.replaceFile(path, format(completed))
  return completed
}

interface FoundProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string | null
}

function parse(path: string, text: string): FoundProperties {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:]+)\s*[=:]\s*(.*?)\s*$/.exec(line)
    if (match !== null) values.set(match[1]!, match[2]!)
  }
  const version = values.get('version')
  if (version !== '1') {
    throw new DataDirectoryError(
      `${path}: version is ${version ?? 'missing'}; only version 1 (of a KRaft broker) can be used`,
    )
  }
  const clusterId = values.get('cluster.id')
  if (clusterId === undefined || clusterId === '') {
    throw new DataDirectoryError(`${path}: cluster.id is missing`)
  }
  const nodeId = values.get('node.id') ?? ''
  if (!/^\d{1,10}$/.test(nodeId)) {
    throw new DataDirectoryError(
      `${path}: node.id is ${JSON.stringify(nodeId)}; expected a whole number`,
    )
  }
  return { clusterId, nodeId: Number(nodeId), directoryId: values.get('directory.id') ?? null }
}

function format({ clusterId, nodeId, directoryId }: MetaProperties): string {
  return `#\nnode.id=${nodeId}\ndirectory.id=${directoryId}\nversion=1\ncluster.id=${clusterId}\n`
}
