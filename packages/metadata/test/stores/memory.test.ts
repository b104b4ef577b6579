import type { SimulatedRuntime } from '@ottla/runtime/simulated'
import { MemoryMetadataLog } from '../../src/index.ts'
import { storeContract } from './store-contract.ts'

const logs = new WeakMap<SimulatedRuntime, MemoryMetadataLog>()

storeContract({
  name: 'memory',
  open: async (runtime) => {
    const log = logs.get(runtime) ?? new MemoryMetadataLog(runtime.clock)
    logs.set(runtime, log)
    return log.open()
  },
})
