import type { Load, LoadResult } from '../broker/load.ts'
import type { Target } from '../broker/report.ts'

export interface FigureKind {
  readonly digits: number
  readonly better: 'more' | 'less'
}

export interface Figure extends FigureKind {
  readonly values: Partial<Record<Target, number>>
}

/** By name, in the order of the table. */
export type Figures = Map<string, Figure>

/** What a measurement works with. */
export interface Session {
  readonly quick: boolean
  /** Before a broker's command line: puts it on its core. */
  readonly launcher: readonly string[]
  /** A load generator. */
  readonly generate: (load: Load) => Promise<LoadResult>
  /** Another one, for a load beside that of the first. */
  readonly read: (load: Load) => Promise<LoadResult>
  readonly note: (target: Target, name: string, value: number, kind: FigureKind) => void
}

export const MORE = { digits: 2, better: 'more' } as const
export const LESS = { digits: 2, better: 'less' } as const
export const LESS_WHOLE = { digits: 0, better: 'less' } as const
