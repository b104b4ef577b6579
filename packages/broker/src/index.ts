export { Broker } from './broker.ts'
export type { BoundListener, BrokerOptions } from './broker.ts'
export { servedApis } from './served-apis.ts'
