import { describeFeatures, updateFeatures } from '@ottla/client/admin/features'
import { nameAndValue } from '../input/name-value.ts'
import { unknownName } from '../input/unknown-name.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface ClusterFeaturesOptions extends ClientCommandOptions, OutputOptions {
  readonly set: readonly string[]
  readonly downgrade?: 'safe' | 'unsafe'
  readonly validateOnly?: boolean
}

const updates = { safe: 'SAFE_DOWNGRADE', unsafe: 'UNSAFE_DOWNGRADE' } as const

/** `ottla cluster features`: shows them, or, with `--set`, moves them to other levels. */
export async function clusterFeatures(
  shell: Shell,
  options: ClusterFeaturesOptions,
): Promise<void> {
  const levels = Object.fromEntries(options.set.map(levelOf))
  await withAdmin(shell, options, async (client) => {
    const features = await describeFeatures(client.cluster, { signal: shell.stop })
    if (options.set.length === 0) {
      await writeRows(shell, options, features, [
        { head: 'FEATURE', of: ({ name }) => name },
        { head: 'LEVEL', of: ({ level }) => level },
        { head: 'LOWEST', of: ({ supportedMin }) => supportedMin },
        { head: 'HIGHEST', of: ({ supportedMax }) => supportedMax },
      ])
      return
    }
    const names = features.map(({ name }) => name)
    for (const name of Object.keys(levels)) {
      if (names.includes(name)) continue
      const all = '`ottla cluster features` shows all'
      throw await unknownName(`there is no feature ${name}`, name, names, all)
    }
    const { validateOnly = false, downgrade } = options
    const error = await updateFeatures(client.cluster, levels, {
      signal: shell.stop,
      validateOnly,
      ...(downgrade !== undefined && { update: updates[downgrade] }),
    })
    const outcome = { name: options.set.join(', '), error, fields: { levels } }
    await writeOutcomes(shell, options, [outcome], validateOnly ? 'validated' : 'set')
  })
}

function levelOf(text: string): [string, number] {
  const [name, level] = nameAndValue('--set', text, 'group.version=1')
  if (/^\d{1,5}$/.test(level)) return [name, Number(level)]
  throw new UserError(`--set ${text}: a level is a whole number; 0 turns a feature off`)
}
