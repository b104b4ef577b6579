import { Alarm } from '../alarm.ts'
import type { ClassicContext } from './classic-context.ts'
import type { ClassicGroup, ClassicMember } from './classic-group.ts'
import { endSession } from './session.ts'

type Facts = Omit<ClassicMember, 'session' | 'onSilence' | 'awaitingSync'>

/** A member that is not in the group yet. */
export function newMember(
  context: ClassicContext,
  group: ClassicGroup,
  facts: Facts,
): ClassicMember {
  return {
    ...facts,
    awaitingSync: null,
    session: new Alarm(context.clock),
    onSilence: () => endSession(context, group, facts.id),
  }
}

/** As Kafka makes them: what the client is called, and a random uuid. */
export function newMemberId(context: ClassicContext, prefix: string): string {
  const bytes = context.random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const uuid = [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-')
  return `${prefix}-${uuid}`
}
