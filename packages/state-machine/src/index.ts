export type { Appender } from './appender.ts'
export type { Decision } from './decision.ts'
export { StateMachine } from './state-machine.ts'
export type { StateMachineOptions } from './state-machine.ts'
