import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ImageDraft, MetadataImage } from '@ottla/metadata'
import { QuotaLimits } from '../../src/quotas/quota-limits.ts'
import { Rate } from '../../src/quotas/rate.ts'

const KEY = 'producer_byte_rate'
type Entity = readonly [user: string | null | undefined, clientId: string | null | undefined]

/** In the order in which they count; each with its place as its value. */
const entities: readonly Entity[] = [
  ['ann', 'app'],
  ['ann', null],
  ['ann', undefined],
  [null, 'app'],
  [null, null],
  [null, undefined],
  [undefined, 'app'],
  [undefined, null],
]

function imageWith(quotas: readonly (readonly [Entity, number])[]): MetadataImage {
  const draft = new ImageDraft(MetadataImage.empty)
  for (const [[user, clientId], value] of quotas) {
    const entity = []
    if (user !== undefined) entity.push({ entityType: 'user', entityName: user })
    if (clientId !== undefined) entity.push({ entityType: 'client-id', entityName: clientId })
    const quota = { entity, key: KEY, value, remove: false }
    draft.apply({ type: 'ClientQuotaRecord', version: 0, value: quota }, 0)
  }
  return draft.finish().image
}

test('of all quotas that fit the most particular one counts', () => {
  const limits = new QuotaLimits()
  const who = { user: 'ann', clientId: 'app' }
  for (let from = 0; from < entities.length; from++) {
    const image = imageWith(entities.slice(from).map((entity, index) => [entity, from + index + 1]))
    assert.equal(limits.find(image, KEY, who)?.value, from + 1)
    assert.equal(limits.find(image, 'consumer_byte_rate', who), null)
  }
  assert.equal(limits.find(imageWith([]), KEY, who), null)
})

test("a user's quota is shared by all of its clients, a default by nobody", () => {
  const limits = new QuotaLimits()
  const sharedBy = (image: MetadataImage, user: string, clientId: string): string =>
    limits.find(image, KEY, { user, clientId })!.sharedBy
  const ofUsers = imageWith([[[null, undefined], 1]])
  assert.equal(sharedBy(ofUsers, 'ann', 'one'), sharedBy(ofUsers, 'ann', 'two'))
  assert.notEqual(sharedBy(ofUsers, 'ann', 'one'), sharedBy(ofUsers, 'bob', 'one'))
  const ofClients = imageWith([[[undefined, null], 1]])
  assert.equal(sharedBy(ofClients, 'ann', 'one'), sharedBy(ofClients, 'bob', 'one'))
  assert.notEqual(sharedBy(ofClients, 'ann', 'one'), sharedBy(ofClients, 'ann', 'two'))
})

test('a rate forgets what is older than its samples', () => {
  const rate = new Rate({ sampleCount: 3, sampleMs: 1_000 }, 0)
  rate.note(600, 0)
  // Two whole samples at least: it was silent before.
  assert.equal(rate.perSecond(0), 300)
  assert.equal(rate.perSecond(2_500), 240)
  rate.note(60, 2_500)
  assert.equal(rate.perSecond(2_500), 264)
  assert.equal(rate.perSecond(3_000), 24)
  assert.equal(rate.perSecond(10_000), 0)
})
