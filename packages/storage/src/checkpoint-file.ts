import type { Disk } from '@ottla/runtime'
import type { PartitionName } from './paths.ts'

/**
 * Kafka's checkpoint files: text, one entry a line.
 *
 *     0                  version
 *     2                  number of entries
 *     orders 0 1204      topic partition offset       (…-offset-checkpoint)
 *     orders 1 96
 *
 *     0                  version
 *     1
 *     0 0                epoch, its start offset      (leader-epoch-checkpoint)
 */
export interface OffsetCheckpoint extends PartitionName {
  readonly offset: number
}

/** A checkpoint that cannot be read. Its reader decides what that means: recovery, mostly. */
export class CorruptCheckpointError extends Error {
  override readonly name: string = 'CorruptCheckpointError'
}

/** Entries of a `…-offset-checkpoint`; empty when there is no such file. */
export function readOffsetCheckpoint(disk: Disk, path: string): OffsetCheckpoint[] {
  return readLines(disk, path).map((line) => {
    const parts = line.split(/\s+/)
    if (parts.length !== 3) throw corrupt(path, line, 'topic partition offset')
    return {
      topic: parts[0]!,
      partition: wholeNumber(path, line, parts[1]!),
      offset: wholeNumber(path, line, parts[2]!),
    }
  })
}

export function formatOffsetCheckpoint(entries: readonly OffsetCheckpoint[]): string {
  return format(entries.map((entry) => `${entry.topic} ${entry.partition} ${entry.offset}`))
}

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** Entries of a `leader-epoch-checkpoint`; empty when there is no such file. */
export function readEpochCheckpoint(disk: Disk, path: string): EpochStart[] {
  return readLines(disk, path).map((line) => {
    const parts = line.split(/\s+/)
    if (parts.length !== 2) throw corrupt(path, line, 'epoch offset')
    return {
      epoch: wholeNumber(path, line, parts[0]!),
      startOffset: wholeNumber(path, line, parts[1]!),
    }
  })
}

export function formatEpochCheckpoint(entries: readonly EpochStart[]): string {
  return format(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`))
}

function readLines(disk: Disk, path: string): string[] {
  if (disk.stat(path) === null) return []
  const text = disk.readFile(path).toString('utf8')
  // Kafka makes these files empty and fills them later.
  if (text.trim() === '') return []
  const lines = text.split('\n').map((line) => line.trim())
  if (lines[0] !== '0') throw corrupt(path, lines[0] ?? '', 'version 0')
  const count = wholeNumber(path, lines[1] ?? '', lines[1] ?? '')
  const entries = lines.slice(2).filter((line) => line !== '')
  if (entries.length !== count) {
    throw new CorruptCheckpointError(`${path}: says ${count} entries, has ${entries.length}`)
  }
  return entries
}

function format(lines: readonly string[]): string {
  return `0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`
}

function wholeNumber(path: string, line: string, text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw corrupt(path, line, 'whole numbers')
  }
  return value
}

function corrupt(path: string, line: string, expected: string): CorruptCheckpointError {
  return new CorruptCheckpointError(`${path}: line ${JSON.stringify(line)}; expected ${expected}`)
}
