export { startBroker } from './start-broker.ts'
export type { RunningBroker, StartBrokerOptions } from './start-broker.ts'
export { UserError } from './user-error.ts'
export { version } from './version.ts'
