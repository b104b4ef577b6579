import type { MetadataImage } from '@ottla/metadata'

/** Where a broker is in its life. */
export type BrokerState = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'

/** As Kafka's `BrokerState` counts. */
export const brokerStateNumbers: Readonly<Record<BrokerState, number>> = {
  starting: 1,
  running: 3,
  stopping: 6,
  stopped: 0,
  failed: 0,
}

/** How a broker is. */
export interface BrokerHealth {
  /** False once it has stopped by an error: only a new start helps. */
  readonly isLive: boolean
  /** Whether clients are served: its logs are recovered, the controller has let it in. */
  readonly isReady: boolean
  /** Why it is not; empty when all is well. */
  readonly reasons: readonly string[]
}

export interface HealthFacts {
  readonly state: BrokerState
  readonly nodeId: number
  /** The image that the broker acts by; undefined before there is one. */
  readonly image: MetadataImage | undefined
}

export function brokerHealth({ state, nodeId, image }: HealthFacts): BrokerHealth {
  const isLive = state !== 'failed'
  const reasons: string[] = []
  if (state === 'starting')
    reasons.push('the broker is starting: its logs are opened, and recovered if need be')
  if (state === 'stopping') reasons.push('the broker is shutting down')
  if (state === 'stopped') reasons.push('the broker has stopped')
  if (state === 'failed') reasons.push('the broker has failed; its log says why')
  if (state === 'running') {
    const broker = image?.brokers.get(nodeId)
    if (broker === undefined) reasons.push('the broker is not registered with the controller')
    else if (broker.isFenced) reasons.push('the controller has fenced the broker')
  }
  return { isLive, isReady: isLive && reasons.length === 0, reasons }
}
