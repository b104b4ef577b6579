import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskError, type DiskLock } from '../disk.ts'

/**
 * A directory taken by one process, by a file `.lock` in it:
 *
 *   {"pid":4711,"started":"8867","boot":"4f1c…","token":"b0d2…"}
 *
 * `started` is the process' start time in clock ticks since `boot`, so that a pid that was given out
 * again, or a machine that was restarted, is not taken for the holder. Elsewhere than on Linux both
 * are empty and the pid alone decides.
 *
 * Node has no flock. The file is made whole under another name and linked into place, which fails
 * when it is there: nobody reads half of it. Replacing a dead holder's file takes the same kind of
 * lock (`.lock.takeover`) first, so that of two who find it dead only one replaces it.
 *
 * Apache Kafka locks the same file through the kernel and leaves it empty behind: `/proc/locks` tells
 * whether it is at work. It cannot see ours. Processes that do not see each other's pids (containers
 * that share a volume) are not kept apart.
 */
export function lockDirectory(directory: string): DiskLock {
  return acquire(directory, join(directory, '.lock'), 0)
}

/** The pid of the living process, Ottla or Apache Kafka, that has taken the directory; null: nobody. Changes nothing. */
export function directoryHolder(directory: string): number | null {
  return liveHolder(join(directory, '.lock'))
}

interface Holder {
  readonly pid: number
  readonly started: string
  readonly boot: string
  readonly token: string
}

/** A takeover that itself died half-way, twice over: give up rather than follow it further. */
const TAKEOVER_DEPTH_MAX = 2

/** A holder may release between our look and our try: look again this often. */
const ATTEMPTS_MAX = 10

function acquire(directory: string, path: string, depth: number): DiskLock {
  const token = randomUUID()
  const beside = `${path}.${token}`
  const own: Holder = { pid: process.pid, started: startTime(process.pid), boot: bootId(), token }
  try {
    writeFileSync(beside, JSON.stringify(own))
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (linkInto(beside, path)) return heldLock(path, token)

      const holder = liveHolder(path)
      if (holder !== null) throw locked(directory, holder)
      if (depth === TAKEOVER_DEPTH_MAX) break

      const takeover = acquire(directory, `${path}.takeover`, depth + 1)
      try {
        const since = liveHolder(path)
        if (since !== null) throw locked(directory, since)
        renameSync(beside, path)
        return heldLock(path, token)
      } finally {
        takeover.release()
      }
    }
    throw new DiskError(
      'LOCKED',
      directory,
      `${path} cannot be taken over; remove it if it is stale`,
    )
  } finally {
    unlinkIfThere(beside)
  }
}

function heldLock(path: string, token: string): DiskLock {
  return {
    release: () => {
      if (readHolder(path)?.token === token) unlinkIfThere(path)
    },
  }
}

function locked(directory: string, pid: number): DiskError {
  const who = pid === process.pid ? 'this process already' : `process ${pid}`
  const advice = 'stop it, or choose another directory'
  return new DiskError('LOCKED', directory, `the directory is in use by ${who}; ${advice}`)
}

/** @returns The pid of the living process that holds the lock file, or null. */
function liveHolder(path: string): number | null {
  const holder = readHolder(path)
  if (holder === null) return kernelLockHolder(path)
  if (holder.boot !== bootId() || !isAlive(holder.pid)) return null
  return startTime(holder.pid) === holder.started ? holder.pid : null
}

function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null
    return Number.isInteger(holder?.pid) ? (holder as Holder) : null
  } catch {
    // Gone, empty or cut short by a crash of the machine: nobody's.
    return null
  }
}

/** Who locked the file through the kernel, as Apache Kafka does. */
function kernelLockHolder(path: string): number | null {
  const inode = statSync(path, { throwIfNoEntry: false })?.ino
  const locks = readProc('/proc/locks')
  for (const line of locks.split('\n')) {
    // 1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 0 EOF
    const [, , , , pid, file] = line.trim().split(/\s+/)
    if (file !== undefined && file.split(':')[2] === String(inode)) return Number(pid)
  }
  return null
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Field 22 of /proc/<pid>/stat; the second field, the program's name, may hold spaces and ')'. */
function startTime(pid: number): string {
  const stat = readProc(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id').trim()
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function linkInto(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
