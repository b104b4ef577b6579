import type { LogLevel } from './log.ts'

/** The name of the logger that all others are below. */
export const ROOT_LOGGER = 'root'

/**
 * What each component's logger writes, changeable while it runs. A component without a level of its own
 * has that of the nearest one above it: `broker/network` that of `broker`, and that of the root.
 */
export class LogLevels {
  readonly #own = new Map<string, LogLevel>()
  readonly #components = new Set<string>()
  /** Goes up with every change, so that a logger need not ask each time. */
  revision = 0

  constructor(root: LogLevel) {
    this.#own.set(ROOT_LOGGER, root)
  }

  /** Every component that has a logger, and the level in force, the root first. */
  get all(): ReadonlyMap<string, LogLevel> {
    const names = [ROOT_LOGGER, ...[...this.#components].sort()]
    return new Map(names.map((name) => [name, this.of(name)]))
  }

  /** For loggers: there is such a component. */
  note(component: string): void {
    if (component !== '') this.#components.add(component)
  }

  has(component: string): boolean {
    return component === ROOT_LOGGER || this.#components.has(component)
  }

  of(component: string): LogLevel {
    for (
      let path = component;
      path !== '';
      path = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    ) {
      const level = this.#own.get(path)
      if (level !== undefined) return level
    }
    return this.#own.get(ROOT_LOGGER)!
  }

  set(component: string, level: LogLevel): void {
    this.#own.set(component, level)
    this.revision += 1
  }

  /** Takes away a component's own level; the root keeps one. */
  reset(component: string): void {
    if (component !== ROOT_LOGGER && this.#own.delete(component)) this.revision += 1
  }
}
