import type { Command } from 'commander'
import { listGroups } from '@ottla/client/admin/groups'
import { nodeRuntime } from '@ottla/runtime/node'
import { candidates } from '../completion/candidates.ts'
import { profilesPath, readProfiles } from '../profiles/profiles-file.ts'
import type { Shell } from '../shell/shell.ts'
import { withAdmin } from './with-admin.ts'

/**
 * `ottla complete -- WORDS`: for the shells' scripts. What may stand where the cursor is, a line each; a
 * cluster that cannot be asked has no names, and nobody is told while he writes.
 */
export async function complete(
  shell: Shell,
  program: Command,
  words: readonly string[],
): Promise<void> {
  const found = candidates(program, words)
  const all = 'words' in found ? found.words : await names(shell, found.names, words)
  const current = words.at(-1) ?? ''
  const fitting = all.filter((word) => word.startsWith(current))
  await shell.write(fitting.map((word) => `${word}\n`).join(''))
}

async function names(
  shell: Shell,
  kind: 'topics' | 'groups' | 'profiles',
  words: readonly string[],
): Promise<readonly string[]> {
  try {
    if (kind === 'profiles') {
      const { profiles } = readProfiles(nodeRuntime().disk, profilesPath(shell.env))
      return Object.keys(profiles)
    }
    const found: string[] = []
    const quiet: Shell = Object.create(shell, { tell: { value: () => {} } }) as Shell
    await withAdmin(quiet, clusterOf(words), async (client) => {
      const call = { signal: shell.stop, timeoutMs: 1_000 }
      if (kind === 'groups') {
        found.push(...(await listGroups(client.cluster, call)).map(({ groupId }) => groupId))
      } else {
        const topics = await client.admin.listTopics(call)
        found.push(...topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name))
      }
    })
    return found
  } catch {
    return []
  }
}

/** The cluster that the words before the cursor name. */
function clusterOf(words: readonly string[]): { bootstrapServer?: string; profile?: string } {
  const valueOf = (option: string): string | undefined => {
    const at = words.indexOf(option)
    if (at >= 0) return words[at + 1]
    return words.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1)
  }
  const bootstrapServer = valueOf('--bootstrap-server')
  const profile = valueOf('--profile')
  return {
    ...(bootstrapServer !== undefined && { bootstrapServer }),
    ...(profile !== undefined && { profile }),
  }
}
