import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Runs a transcript: blocks of a command, `----`, and what followed; blank lines and lines that
 * start with `#` tell the story. With `--rewrite` on the command line the file is renewed instead
 * of compared, and the review reads its diff.
 */
export async function runTranscript(
  path: string,
  execute: (command: string, input: readonly string[]) => Promise<readonly string[]>,
): Promise<void> {
  const before = readFileSync(path, 'utf8')
  const after: string[] = []
  const lines = before.split('\n')
  let at = 0
  while (at < lines.length) {
    const line = lines[at]!
    if (line === '' || line.startsWith('#')) {
      if (at < lines.length - 1 || line !== '') after.push(line)
      at++
      continue
    }
    // A command may go on in more lines before its `----`.
    const input: string[] = []
    for (at++; at < lines.length && lines[at] !== '----'; at++) input.push(lines[at]!)
    for (at++; at < lines.length && lines[at] !== ''; at++);
    after.push(line, ...input, '----', ...(await execute(line, input)))
  }
  const text = after.join('\n') + '\n'
  if (process.argv.includes('--rewrite')) writeFileSync(path, text)
  else assert.equal(text, before)
}
