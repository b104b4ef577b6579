import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** What a process and all its descendants have used, as /proc tells it; NaN where there is no /proc. */

const TICKS_PER_SECOND = 100
const hasFigures = existsSync('/proc/self/task')

/** User and system time, ended children included. */
export function cpuSeconds(pid: number): number {
  if (!hasFigures) return Number.NaN
  let ticks = 0
  for (const one of tree(pid)) {
    const stat = readFileSync(`/proc/${one}/stat`, 'latin1')
    // The name in parentheses may hold spaces; utime, stime, cutime, cstime are fields 14 to 17.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    for (let field = 14; field <= 17; field++) ticks += Number(fields[field - 3])
  }
  return ticks / TICKS_PER_SECOND
}

/** Resident memory in MB (10^6). */
export function residentMegabytes(pid: number): number {
  if (!hasFigures) return Number.NaN
  let kilobytes = 0
  for (const one of tree(pid)) {
    const status = readFileSync(`/proc/${one}/status`, 'latin1')
    kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  }
  return (kilobytes * 1024) / 1e6
}

function tree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
  const pids = children.split(' ').filter((one) => one !== '')
  return [pid, ...pids.flatMap((one) => tree(Number(one)))]
}

/** Open file descriptors. */
export function openDescriptors(pid: number): number {
  if (!hasFigures) return Number.NaN
  return tree(pid).reduce((sum, one) => sum + readdirSync(`/proc/${one}/fd`).length, 0)
}
