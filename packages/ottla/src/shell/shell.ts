/** The process that a command runs in, as commands know it. */
export interface Shell {
  /** What stands behind `ottla`. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a person types the input. */
  readonly isInteractive: boolean

  /** Writes to standard output; resolves when there is room for more. */
  write(text: string | Buffer): Promise<void>
  /** Writes a line for a person to standard error. */
  tell(line: string): void
  /** Lines of standard input, without their line ends. */
  lines(): AsyncIterable<Buffer>

  /** Milliseconds since the process began. */
  uptimeMs(): number

  /**
   * Aborts when the process is told to stop, or when nobody reads its output any more. A second signal
   * ends the process at once.
   */
  readonly stop: AbortSignal

  /** The code with which the process ends once nothing is left to do; 0 unless said otherwise. */
  exitCode: number
  /** Ends the process now. */
  exit(code: number): never
}
