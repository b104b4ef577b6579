import assert from 'node:assert/strict'
import { AlterClientQuotasApi } from '@ottla/protocol/messages/alter-client-quotas'
import { DescribeClientQuotasApi } from '@ottla/protocol/messages/describe-client-quotas'
import { behaviour } from '../support/behaviour.ts'
import type { Subject } from '../support/behaviour.ts'

type Entity = Readonly<Record<string, string | null>>

const EXACT = 0
const DEFAULT = 1
const ANY = 2

function parts(entity: Entity): { entityType: string; entityName: string | null }[] {
  return Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))
}

async function alter(
  { client }: Subject,
  entity: Entity,
  key: string,
  value: number | 'remove',
  validateOnly = false,
): Promise<[errorCode: number, errorMessage: string | null]> {
  const op = { key, value: value === 'remove' ? 0 : value, remove: value === 'remove' }
  const { entries } = await client.request(AlterClientQuotasApi, 1, {
    entries: [{ entity: parts(entity), ops: [op] }],
    validateOnly,
  })
  return [entries[0]!.errorCode, entries[0]!.errorMessage]
}

async function describe(
  { client }: Subject,
  strict: boolean,
  ...components: [entityType: string, matchType: number, match: string | null][]
) {
  return client.request(DescribeClientQuotasApi, 1, {
    components: components.map(([entityType, matchType, match]) => ({
      entityType,
      matchType,
      match,
    })),
    strict,
  })
}

/** `user=a client-id=<default>: producer_byte_rate=1`, sorted. */
async function lines(...asked: Parameters<typeof describe>): Promise<string[]> {
  const { errorCode, errorMessage, entries } = await describe(...asked)
  assert.deepEqual([errorCode, errorMessage], [0, ''])
  return entries!
    .map(({ entity, values }) => {
      const who = entity.map((part) => `${part.entityType}=${part.entityName ?? '<default>'}`)
      const what = values.map(({ key, value }) => `${key}=${value}`).sort()
      return `${who.join(' ')}: ${what.join(' ')}`
    })
    .sort()
}

behaviour('quotas are set, described and removed', async (subject) => {
  const user = `user-${subject.unique}`
  const ok = [0, null]
  assert.deepEqual(await alter(subject, { user }, 'producer_byte_rate', 1_000), ok)
  assert.deepEqual(await alter(subject, { user }, 'request_percentage', 12.5), ok)
  const both = { user, 'client-id': null }
  assert.deepEqual(await alter(subject, both, 'consumer_byte_rate', 2_000), ok)
  assert.deepEqual(await alter(subject, { user }, 'controller_mutation_rate', 5, true), ok)

  const alone = `user=${user}: producer_byte_rate=1000 request_percentage=12.5`
  const ofClients = `client-id=<default> user=${user}: consumer_byte_rate=2000`
  assert.deepEqual(await lines(subject, false, ['user', EXACT, user]), [ofClients, alone])
  assert.deepEqual(await lines(subject, true, ['user', EXACT, user]), [alone])
  assert.ok((await lines(subject, false)).includes(alone))
  assert.ok((await lines(subject, true, ['user', ANY, null])).includes(alone))
  assert.deepEqual(
    await lines(subject, true, ['user', EXACT, user], ['client-id', DEFAULT, null]),
    [ofClients],
  )
  assert.deepEqual(await lines(subject, true), [])

  assert.deepEqual(await alter(subject, { user }, 'producer_byte_rate', 'remove'), ok)
  assert.deepEqual(await alter(subject, { user }, 'request_percentage', 'remove'), ok)
  assert.deepEqual(await alter(subject, { user }, 'nope', 'remove'), ok)
  assert.deepEqual(await lines(subject, true, ['user', EXACT, user]), [])
})

behaviour('a quota that cannot be is refused, and says why', async (subject) => {
  for (const [entity, key, value, message] of [
    [{ user: 'a' }, 'nope', 5, 'Invalid configuration key nope'],
    [
      { user: 'a' },
      'connection_creation_rate',
      5,
      'Invalid configuration key connection_creation_rate',
    ],
    [{ ip: '1.2.3.4' }, 'producer_byte_rate', 5, 'Invalid configuration key producer_byte_rate'],
    [{ user: 'a' }, 'producer_byte_rate', 0, 'Quota producer_byte_rate must be greater than 0'],
    [{ user: 'a' }, 'producer_byte_rate', 1.5, 'producer_byte_rate cannot be a fractional value.'],
    [
      { user: 'a' },
      'producer_byte_rate',
      1e30,
      'Proposed value for producer_byte_rate is too large for a LONG.',
    ],
    [{ user: '' }, 'producer_byte_rate', 5, 'Empty user not supported'],
    [{}, 'producer_byte_rate', 5, 'Invalid empty client quota entity'],
    [{ nope: 'a' }, 'producer_byte_rate', 5, 'Unhandled client quota entity type: nope'],
    [
      { ip: 'not an ip' },
      'connection_creation_rate',
      5,
      'not an ip is not a valid IP or resolvable host.',
    ],
  ] as const) {
    assert.deepEqual(await alter(subject, entity as Entity, key, value), [42, message])
  }
  const [code] = await alter(subject, { ip: '1.2.3.4', user: 'a' }, 'connection_creation_rate', 5)
  assert.equal(code, 42)
})

behaviour(
  'an entity that is named twice is refused once, the others are altered',
  async (subject) => {
    const user = `twice-${subject.unique}`
    const ops = [{ key: 'producer_byte_rate', value: 1, remove: false }]
    const { entries } = await subject.client.request(AlterClientQuotasApi, 1, {
      entries: [
        { entity: parts({ user }), ops },
        { entity: parts({ user }), ops: [{ key: 'consumer_byte_rate', value: 1, remove: false }] },
        { entity: parts({ user: `${user}-other` }), ops: [...ops, ...ops] },
        { entity: parts({ user: `${user}-good` }), ops },
      ],
      validateOnly: true,
    })
    const codes = new Map(entries.map((entry) => [entry.entity[0]!.entityName, entry.errorCode]))
    assert.deepEqual(
      codes,
      new Map([
        [user, 42],
        [`${user}-other`, 42],
        [`${user}-good`, 0],
      ]),
    )
  },
)

behaviour('a filter that cannot be is refused, and says why', async (subject) => {
  for (const [components, code] of [
    [
      [
        ['ip', ANY, null],
        ['user', ANY, null],
      ],
      42,
    ],
    [[['nope', ANY, null]], 35],
    [[['', ANY, null]], 42],
    [[['user', 7, null]], 42],
    [[['user', EXACT, null]], 42],
    [[['user', DEFAULT, 'a']], 42],
    [
      [
        ['user', EXACT, 'a'],
        ['user', EXACT, 'b'],
      ],
      42,
    ],
  ] as [[string, number, string | null][], number][]) {
    const { errorCode, errorMessage, entries } = await describe(subject, false, ...components)
    assert.equal(errorCode, code, JSON.stringify(components))
    assert.ok(errorMessage)
    assert.equal(entries, null)
  }
})
