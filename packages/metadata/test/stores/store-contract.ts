import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedRuntime } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import type { MetadataStore, StoredBatch } from '../../src/index.ts'

/** A kind of store, on virtual time. */
export interface StoreKind {
  readonly name: string
  /** Opens the store that lives on this runtime: the same one again after it was closed. */
  readonly open: (runtime: SimulatedRuntime) => Promise<MetadataStore>
}

const a = Buffer.from('a')
const b = Buffer.from('bb')
const c = Buffer.from('ccc')

/** What every metadata store promises. */
export function storeContract(kind: StoreKind): void {
  const promises = (what: string, body: (store: MetadataStore) => Promise<void>): void =>
    void test(`${kind.name}: ${what}`, async () => {
      const world = simulation()
      const runtime = world.node('n1')
      await world.run(async () => {
        await using store = await kind.open(runtime)
        await body(store)
      })
    })

  promises('what was appended is read back, in order, with its epoch and time', async (store) => {
    const lease = await store.campaign(7)
    const start = lease.endOffset
    await store.append(lease, start, [a, b])
    await store.append(lease, start + 2, [c])
    assert.equal(store.endOffset, start + 3)
    const batches = (await readAll(store)).filter(({ records }) => records.length > 0)
    assert.deepEqual(
      batches.map(({ baseOffset, lastOffset, epoch, records }) => ({
        at: [baseOffset - start, lastOffset - start],
        epoch,
        records: records.map(String),
      })),
      [
        { at: [0, 1], epoch: lease.epoch, records: ['a', 'bb'] },
        { at: [2, 2], epoch: lease.epoch, records: ['ccc'] },
      ],
    )
    assert.ok(batches[0]!.timestampMs > Date.UTC(2026, 0, 1) - 1)
  })

  promises('a read may start inside a batch, and gives at least one', async (store) => {
    const lease = await store.campaign(1)
    const start = lease.endOffset
    await store.append(lease, start, [a, b])
    await store.append(lease, start + 2, [c])
    assert.deepEqual(offsets(await store.read(start + 1, 1)), [[start, start + 1]])
    assert.deepEqual(offsets(await store.read(start + 2, 1)), [[start + 2, start + 2]])
    assert.deepEqual(await store.read(start + 3, 1), [])
  })

  promises('appends follow each other without waiting', async (store) => {
    const lease = await store.campaign(1)
    const start = lease.endOffset
    const appends = Array.from({ length: 100 }, (_, i) => store.append(lease, start + i, [a]))
    await Promise.all(appends)
    assert.equal(store.endOffset, start + 100)
  })

  promises('an append where the log does not end is refused', async (store) => {
    const lease = await store.campaign(1)
    await store.append(lease, lease.endOffset, [a])
    for (const offset of [lease.endOffset, lease.endOffset + 2]) {
      await assert.rejects(store.append(lease, offset, [b]), { code: 'NOT_CONTROLLER' })
    }
    assert.equal(store.endOffset, lease.endOffset + 1)
  })

  promises('one controller has the lease; the next gets it when it is released', async (store) => {
    const first = await store.campaign(1)
    assert.deepEqual(holder(store), { controllerId: 1, epoch: first.epoch })
    let isSecondIn = false
    const campaign = store.campaign(2).then((lease) => {
      isSecondIn = true
      return lease
    })
    await store.append(first, first.endOffset, [a])
    assert.equal(isSecondIn, false)

    first.release()
    const second = await campaign
    assert.ok(second.epoch > first.epoch)
    assert.ok(second.endOffset > first.endOffset)
    assert.deepEqual(holder(store), { controllerId: 2, epoch: second.epoch })
    assert.equal(first.lost.aborted, true)
    await assert.rejects(store.append(first, store.endOffset, [b]), { code: 'NOT_CONTROLLER' })
    first.release()
    await store.append(second, second.endOffset, [b])
  })

  promises('of two that wait, each has the lease in its time', async (store) => {
    const epochs: number[] = []
    const serve = async (id: number) => {
      const lease = await store.campaign(id)
      epochs.push(lease.epoch)
      await store.append(lease, lease.endOffset, [a])
      lease.release()
    }
    await Promise.all([serve(1), serve(2), serve(3)])
    assert.equal(new Set(epochs).size, 3)
  })

  promises('a campaign can be given up', async (store) => {
    const first = await store.campaign(1)
    const abort = new AbortController()
    const campaign = store.campaign(2, { signal: abort.signal })
    abort.abort(new Error('changed my mind'))
    await assert.rejects(campaign, /changed my mind/)
    first.release()
    assert.equal((await store.campaign(3)).controllerId, 3)
    await assert.rejects(store.campaign(4, { signal: abort.signal }), /changed my mind/)
  })

  promises('readers hear of growth before the append resolves', async (store) => {
    const lease = await store.campaign(1)
    const events: string[] = []
    const unsubscribe = store.subscribe(() => events.push(`end ${store.endOffset}`))
    await store.append(lease, lease.endOffset, [a, b])
    events.push('appended')
    assert.deepEqual(events.slice(-2), [`end ${lease.endOffset + 2}`, 'appended'])
    const count = events.length
    unsubscribe()
    await store.append(lease, lease.endOffset + 2, [c])
    assert.equal(events.length, count)
  })

  promises('a snapshot is kept, and the log before its end may go', async (store) => {
    assert.equal(await store.loadSnapshot(), null)
    const lease = await store.campaign(1)
    const end = lease.endOffset
    await store.append(lease, end, [a, b])
    await store.append(lease, end + 2, [c])
    const snapshot = { endOffset: end + 2, epoch: lease.epoch, timestampMs: 1000, records: [b, c] }
    await store.saveSnapshot(snapshot)
    const loaded = await store.loadSnapshot()
    assert.deepEqual(loaded, snapshot)
    assert.deepEqual(offsets(await store.read(end + 2, 1000)), [[end + 2, end + 2]])
    // An older one changes nothing.
    await store.saveSnapshot({ ...snapshot, endOffset: end + 1, records: [] })
    assert.deepEqual(await store.loadSnapshot(), snapshot)
    await store.append(lease, end + 3, [a])
    await assert.rejects(async () => await store.read(store.startOffset - 1, 1), {
      code: 'OFFSET_OUT_OF_RANGE',
    })
  })

  promises('a snapshot of ten thousand records comes back whole', async (store) => {
    const lease = await store.campaign(1)
    await store.append(lease, lease.endOffset, [a])
    const records = Array.from({ length: 10_000 }, (_, i) => Buffer.from(`record ${i}`))
    const endOffset = lease.endOffset + 1
    await store.saveSnapshot({ endOffset, epoch: lease.epoch, timestampMs: 1, records })
    assert.deepEqual((await store.loadSnapshot())?.records, records)
  })

  promises('a closed store has given up its lease, and may be closed twice', async (store) => {
    const lease = await store.campaign(1)
    await store.close()
    await store.close()
    assert.equal(lease.lost.aborted, true)
    await assert.rejects(store.append(lease, lease.endOffset, [a]))
  })

  void test(`${kind.name}: log, snapshot and epochs are there when it is opened again`, async () => {
    const world = simulation()
    const runtime = world.node('n1')
    await world.run(async () => {
      const first = await kind.open(runtime)
      const lease = await first.campaign(1)
      await first.append(lease, lease.endOffset, [a, b])
      const endOffset = first.endOffset
      const snapshot = { endOffset, epoch: lease.epoch, timestampMs: 5, records: [a] }
      await first.saveSnapshot(snapshot)
      await first.append(lease, endOffset, [c])
      await first.close()

      await using second = await kind.open(runtime)
      assert.equal(second.endOffset, endOffset + 1)
      assert.deepEqual(await second.loadSnapshot(), snapshot)
      const again = await second.campaign(1)
      assert.ok(again.epoch > lease.epoch)
      assert.deepEqual((await second.read(endOffset, 1000))[0]!.records.map(String), ['ccc'])
    })
  })
}

export async function readAll(store: MetadataStore): Promise<StoredBatch[]> {
  const batches: StoredBatch[] = []
  let offset = store.startOffset
  while (offset < store.endOffset) {
    batches.push(...(await store.read(offset, 1000)))
    offset = batches.at(-1)!.lastOffset + 1
  }
  return batches
}

const offsets = (batches: readonly StoredBatch[]) =>
  batches.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])

function holder({ activeController }: MetadataStore) {
  return { controllerId: activeController?.controllerId, epoch: activeController?.epoch }
}
