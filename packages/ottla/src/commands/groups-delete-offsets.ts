import { deleteGroupOffsets, groupOffsets } from '@ottla/client/admin/group-offsets'
import { parseTopicSelection } from '../input/topic-partitions.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface GroupsDeleteOffsetsOptions extends ClientCommandOptions, OutputOptions {
  readonly topic: readonly string[]
}

/** `ottla groups delete-offsets GROUP --topic TOPIC`: the topic may be gone already. */
export async function groupsDeleteOffsets(
  shell: Shell,
  groupId: string,
  options: GroupsDeleteOffsetsOptions,
): Promise<void> {
  const selections = options.topic.map(parseTopicSelection)
  const { signal } = { signal: shell.stop }
  await withAdmin(shell, options, async (client) => {
    const committed = await groupOffsets(client.cluster, groupId, { signal })
    const chosen = committed.filter(({ topic, partition }) =>
      selections.some(
        (wanted) => wanted.topic === topic && (wanted.partitions?.includes(partition) ?? true),
      ),
    )
    if (chosen.length === 0) {
      const where = options.topic.join(' ')
      throw new UserError(
        `${groupId} has no offsets in ${where}; \`ottla groups describe ${groupId}\` shows what it has`,
      )
    }
    const outcomes = await deleteGroupOffsets(client.cluster, groupId, chosen, { signal })
    await writeOutcomes(
      shell,
      options,
      outcomes.map(({ topic, partition, error }) => ({
        name: `${groupId}'s offset in ${topic}-${partition}`,
        error,
        fields: { groupId, topic, partition },
      })),
      'deleted',
    )
  })
}
