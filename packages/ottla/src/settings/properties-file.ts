import type { SettingEntry } from '@ottla/metadata/configs'
import { Pair, parseLines } from 'dot-properties'

/** Reads a `.properties` file's text as Java does: escapes, continued lines, `=`, `:` or a blank. */
export function propertiesEntries(text: string, path: string): readonly SettingEntry[] {
  const entries: SettingEntry[] = []
  let line = 1
  let at = 0
  for (const node of parseLines(text, true)) {
    if (!(node instanceof Pair)) continue
    const start = node.range?.[0] ?? 0
    for (; at < start; at++) if (text[at] === '\n') line += 1
    entries.push({ name: node.key, value: node.value, where: `${path}:${line}` })
  }
  return entries
}
