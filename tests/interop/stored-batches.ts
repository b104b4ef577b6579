import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '../peers/peer.ts'
import type { Codec } from '../peers/peer.ts'

export interface StoredBatches {
  readonly records: number
  readonly codecs: readonly Codec[]
}

const HEADER_BYTES = 61

/**
 * Walks the batch headers in a partition's `.log` files: what the broker stored, whatever clients
 * say. All batches are of the current format (v2); the size comes after the 8 byte base offset and
 * does not count those 12 bytes, attributes are at 21, the record count at 57.
 */
export function storedBatches(dataDir: string, topic: string, partition: number): StoredBatches {
  const folder = join(dataDir, `${topic}-${partition}`)
  let records = 0
  const found = new Set<Codec>()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
    const file = readFileSync(join(folder, name))
    for (let at = 0; at + HEADER_BYTES <= file.length; at += 12 + file.readInt32BE(at + 8)) {
      // Kafka may have made the file longer than its content.
      if (file.readInt32BE(at + 8) === 0) break
      records += file.readInt32BE(at + 57)
      found.add(codecs[file.readInt16BE(at + 21) & 7] as Codec)
    }
  }
  return { records, codecs: codecs.filter((codec) => found.has(codec)) }
}
