import type { KafkaError } from '@ottla/protocol'
import { explainKafkaError } from '../explain-kafka-error.ts'
import type { Shell } from '../shell/shell.ts'
import type { OutputOptions } from './write-rows.ts'

/** How one thing of several fared. */
export interface Outcome {
  /** As a person calls it. */
  readonly name: string
  readonly error: KafkaError | null
  /** What identifies it in JSON. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Writes what became of each: `deleted readers` to the output, `readers is not deleted: …` to the errors,
 * and the exit code is then 1. With `json` the output has a line for each, with its error or null.
 *
 * @param done A participle: deleted.
 */
export async function writeOutcomes(
  shell: Shell,
  { json = false }: OutputOptions,
  outcomes: readonly Outcome[],
  done: string,
): Promise<void> {
  for (const { name, error, fields } of outcomes) {
    if (error !== null) {
      shell.tell(`ottla: ${name} is not ${done}: ${explainKafkaError(error)}`)
      shell.exitCode = 1
    }
    if (json) {
      const why = error === null ? null : { code: error.code, message: error.message }
      await shell.write(`${JSON.stringify({ ...fields, error: why })}\n`)
    } else if (error === null) {
      await shell.write(`${done} ${name}\n`)
    }
  }
}
