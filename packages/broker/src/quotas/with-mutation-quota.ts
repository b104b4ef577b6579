import type { MutationCharge } from '@ottla/metadata'
import type { RequestContext } from '../network/request-context.ts'

/**
 * Changes topics at the charge of the client's `controller_mutation_rate` (KIP-599).
 *
 * @param isStrict Whether the request's version knows THROTTLING_QUOTA_EXCEEDED; older clients get what
 *   they ask for, and wait.
 */
export async function withMutationQuota<Answer>(
  context: RequestContext,
  isStrict: boolean,
  change: (charge: MutationCharge) => Promise<Answer>,
): Promise<Answer> {
  const quota = context.quotas.mutations(context.requester, isStrict)
  const answer = await change((partitions) => quota.charge(partitions))
  context.throttleMs = quota.throttleMs
  return answer
}
