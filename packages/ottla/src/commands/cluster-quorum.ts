import { describeQuorum } from '@ottla/client/admin/quorum'
import { table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { formatTime } from '../shell/wall-time.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla cluster quorum`: who keeps the metadata, and how far behind its leader each is. */
export async function clusterQuorum(
  shell: Shell,
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const quorum = await describeQuorum(client.cluster, { signal: shell.stop })
    if (options.json === true) return writeJson(shell, [quorum])
    const { leaderId, leaderEpoch, highWatermark, replicas } = quorum
    const rows = table(replicas, [
      { head: 'NODE', of: ({ nodeId }) => nodeId },
      {
        head: 'ROLE',
        of: ({ isLeader, isVoter }) => (isLeader ? 'leader' : isVoter ? 'voter' : 'observer'),
      },
      { head: 'LOG-END', of: ({ logEndOffset }) => (logEndOffset < 0 ? null : logEndOffset) },
      { head: 'LAG', of: ({ lag }) => lag },
      { head: 'FETCHED', of: ({ lastFetchTimestamp }) => formatTime(lastFetchTimestamp) },
      { head: 'CAUGHT-UP', of: ({ lastCaughtUpTimestamp }) => formatTime(lastCaughtUpTimestamp) },
    ])
    const leader = leaderId < 0 ? 'none' : leaderId
    return shell.write(
      `leader ${leader}, epoch ${leaderEpoch}, high watermark ${highWatermark}\n\n${rows}`,
    )
  })
}
