import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Runs a transcript: blocks of a command, `----`, and what followed; blank lines and lines that
 * start with `#` tell the story. With `--rewrite` on the command line the file is renewed instead
 * of compared, and the review reads its diff.
 */
export async function runTranscript(
  path: string,
  execute: (command: string) => Promise<readonly string[]>,
): Promise<void> {
  const before = readFileSync(path, 'utf8')
  const after: string[] = []
  const lines = before.trimEnd().split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    after.push(line)
    if (line === '' || line.startsWith('#')) continue
    if (lines[at + 1] === '----') {
      while (at + 1 < lines.length && lines[at + 1] !== '') at++
    }
    after.push('----', ...(await execute(line)))
    if (at + 1 < lines.length && lines[at + 1] !== '') after.push('')
  }
  const text = `${after.join('\n')}\n`
  if (process.argv.includes('--rewrite')) writeFileSync(path, text)
  else assert.equal(text, before)
}
