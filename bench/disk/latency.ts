import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import type { Target } from '../broker/report.ts'
import type { Session } from './session.ts'
import { LESS_WHOLE } from './session.ts'

/** How long latency is measured. */
export function latencyMs(quick: boolean): number {
  return quick ? 2_000 : 6_000
}

/** Produces small batches to `bench-new`, one after the other. */
export async function noteLatency(
  target: Target,
  when: string,
  { port }: BrokerUnderTest,
  { quick, generate, note }: Session,
): Promise<void> {
  const measure = async (msMax: number): ReturnType<typeof generate> =>
    await generate({
      kind: 'latency',
      port,
      topic: 'bench-new',
      recordsPerBatch: 1,
      recordBytes: 100,
      requests: Number.MAX_SAFE_INTEGER,
      msMax,
    })
  // Two virtual machines compile what is used often.
  if (when === 'alone') await measure(latencyMs(quick))
  const { latencyUs } = await measure(latencyMs(quick))
  if (latencyUs === undefined) return
  note(target, `one small produce ${when}, p50 µs`, latencyUs.p50, LESS_WHOLE)
  note(target, `one small produce ${when}, p99 µs`, latencyUs.p99, LESS_WHOLE)
  note(target, `one small produce ${when}, p999 µs`, latencyUs.p999, LESS_WHOLE)
}
