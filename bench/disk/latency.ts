import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import type { LoadResult } from '../broker/load.ts'
import type { Target } from '../broker/report.ts'
import type { Session } from './session.ts'
import { LESS_WHOLE } from './session.ts'

/** How long latency is measured. */
export function latencyMs(quick: boolean): number {
  return quick ? 2_000 : 6_000
}

/** What does not count. */
export async function warmUp(broker: BrokerUnderTest, session: Session): Promise<void> {
  await measure(broker, session)
}

/** Produces small batches to `bench-new`, one after the other. */
export async function noteLatency(
  target: Target,
  when: string,
  broker: BrokerUnderTest,
  session: Session,
): Promise<void> {
  const { note } = session
  const { latencyUs } = await measure(broker, session)
  if (latencyUs === undefined) return
  note(target, `one small produce ${when}, p50 µs`, latencyUs.p50, LESS_WHOLE)
  note(target, `one small produce ${when}, p99 µs`, latencyUs.p99, LESS_WHOLE)
  note(target, `one small produce ${when}, p999 µs`, latencyUs.p999, LESS_WHOLE)
}

async function measure(
  { port }: BrokerUnderTest,
  { quick, generate }: Session,
): Promise<LoadResult> {
  return await generate({
    kind: 'latency',
    port,
    topic: 'bench-new',
    recordsPerBatch: 1,
    recordBytes: 100,
    requests: Number.MAX_SAFE_INTEGER,
    msMax: latencyMs(quick),
  })
}
