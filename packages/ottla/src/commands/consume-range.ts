import type { IsolationLevel, StartingPoint } from '@ottla/client'
import { parseDuration } from '../input/duration.ts'
import { parseTime } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'

export interface ConsumeRangeOptions {
  readonly fromBeginning?: boolean
  readonly offset?: number
  readonly fromTime?: string
  readonly untilTime?: string
  readonly for?: string
  readonly exitAtEnd?: boolean
  readonly follow?: boolean
  readonly group?: string
  readonly isolation: 'uncommitted' | 'committed'
}

/** Which records are meant. */
export interface ConsumeRange {
  /** An offset below 0 is so many before the end. */
  readonly start: StartingPoint
  /** Ends where the first record of this time or later begins, in ms since the epoch; null: does not. */
  readonly untilTime: number | null
  readonly exitAtEnd: boolean
  /** Ends after so long; Infinity: does not. */
  readonly forMs: number
  readonly isolationLevel: IsolationLevel
}

/** @throws {UserError} for options that do not go together, and for times that are none. */
export function consumeRange(options: ConsumeRangeOptions, nowMs: number): ConsumeRange {
  const { fromBeginning = false, exitAtEnd = false, offset, fromTime, untilTime, group } = options
  const starts = [fromBeginning, offset !== undefined, fromTime !== undefined]
  if (starts.filter(Boolean).length > 1) {
    throw new UserError('from where? give one of --from-beginning, --offset, --from-time')
  }
  if (exitAtEnd && options.follow === true) {
    throw new UserError('--exit-at-end or --follow? give one of them')
  }
  if (group !== undefined && (offset ?? fromTime ?? untilTime) !== undefined) {
    throw new UserError(
      'a group goes on from its own offsets: leave out --offset, --from-time and --until-time; ' +
        '`ottla groups reset-offsets` moves them',
    )
  }
  const until = untilTime === undefined ? null : timeOf('--until-time', untilTime, nowMs)
  if (until !== null && until > nowMs) {
    throw new UserError(`--until-time ${untilTime} is in the future; --for ends after some time`)
  }
  return {
    start: offset ?? startOf(fromBeginning, fromTime, nowMs),
    untilTime: until,
    exitAtEnd,
    forMs: options.for === undefined ? Infinity : durationOf('--for', options.for),
    isolationLevel: `read_${options.isolation}`,
  }
}

function startOf(
  fromBeginning: boolean,
  fromTime: string | undefined,
  nowMs: number,
): StartingPoint {
  if (fromTime !== undefined) return { timestamp: timeOf('--from-time', fromTime, nowMs) }
  return fromBeginning ? 'earliest' : 'latest'
}

/** A time, or how long ago it was. */
function timeOf(option: string, text: string, nowMs: number): number {
  const time = parseTime(text)
  if (time !== null) return time
  const agoMs = parseDuration(text)
  if (agoMs !== null) return nowMs - agoMs
  throw new UserError(
    `${option} ${text}: give a time, as in 2026-08-01T12:00:00Z, or how long ago, as in 2h30m`,
  )
}

function durationOf(option: string, text: string): number {
  const duration = parseDuration(text)
  if (duration !== null) return duration
  throw new UserError(`${option} ${text}: give a duration, as in 90s, 2h30m, PT1H`)
}
