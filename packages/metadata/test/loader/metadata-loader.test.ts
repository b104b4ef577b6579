import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import type { Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { encodeRecord, imageRecords, MemoryMetadataLog, MetadataLoader } from '../../src/index.ts'
import type {
  ControllerLease,
  MetadataLoaderOptions,
  MetadataRecord,
  MetadataStore,
} from '../../src/index.ts'
import { id } from '../requests.ts'

interface World {
  readonly world: Simulation
  readonly store: MetadataStore
  readonly lease: ControllerLease
  readonly failures: Error[]
  readonly append: (...records: (MetadataRecord | Buffer)[]) => Promise<void>
  readonly loader: (options?: Partial<MetadataLoaderOptions>) => MetadataLoader
}

function withStore(body: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const world = simulation()
    await world.run(async () => {
      const store = new MemoryMetadataLog(world.node('n1').clock).open()
      const lease = await store.campaign(1)
      const failures: Error[] = []
      await body({
        world,
        store,
        lease,
        failures,
        append: (...records) =>
          store.append(
            lease,
            store.endOffset,
            records.map((record) => (Buffer.isBuffer(record) ? record : encodeRecord(record))),
          ),
        loader: (options) =>
          new MetadataLoader({
            store,
            logger: silentLogger,
            onFailure: (error) => failures.push(error),
            ...options,
          }),
      })
    })
  }
}

const created = (n: number): MetadataRecord => ({
  type: 'TopicRecord',
  version: 0,
  value: { name: `t${n}`, topicId: id(n) },
})

const begin: MetadataRecord = {
  type: 'BeginTransactionRecord',
  version: 0,
  value: { name: 'test' },
}
const end: MetadataRecord = { type: 'EndTransactionRecord', version: 0, value: {} }
const abort: MetadataRecord = {
  type: 'AbortTransactionRecord',
  version: 0,
  value: { reason: 'test' },
}

const names = ({ image }: MetadataLoader) => [...image.topicIds.keys()].sort().join()

test(
  'it loads what there is, then tells of each batch with what changed',
  withStore(async ({ append, loader }) => {
    await append(created(1))
    await using following = loader()
    const told: string[] = []
    following.subscribe((image, { changedTopics }) =>
      told.push(
        `${image.offset}: ${[...changedTopics].map((t) => image.topicById(t)?.name).join()}`,
      ),
    )
    await following.start()
    assert.equal(names(following), 't1')
    await append(created(2), created(3))
    assert.deepEqual(told, ['0: t1', '2: t2,t3'])
  }),
)

test(
  'a subscription ends',
  withStore(async ({ append, loader }) => {
    await using following = loader()
    await following.start()
    let calls = 0
    const unsubscribe = following.subscribe(() => calls++)
    await append(created(1))
    unsubscribe()
    await append(created(2))
    assert.equal(calls, 1)
  }),
)

test(
  'what is in a metadata transaction is seen as a whole, or not at all',
  withStore(async ({ append, loader }) => {
    await using following = loader()
    await following.start()
    await append(created(1), begin, created(2))
    assert.equal(names(following), 't1')
    assert.equal(following.isInTransaction, true)
    assert.equal(following.image.offset, 0)
    await append(created(3))
    assert.equal(names(following), 't1')
    await append(end, created(4))
    assert.equal(names(following), 't1,t2,t3,t4')
    assert.equal(following.isInTransaction, false)

    await append(begin, created(5))
    await append(abort)
    assert.equal(names(following), 't1,t2,t3,t4')
    await append(begin, created(5), end, begin, created(6), abort, created(7))
    assert.equal(names(following), 't1,t2,t3,t4,t5,t7')
  }),
)

test(
  'waiting for an offset ends when it is read',
  withStore(async ({ append, loader, store }) => {
    await using following = loader()
    await following.start()
    let isThere = false
    const waiting = following.caughtUpTo(2).then(() => (isThere = true))
    await append(created(1))
    assert.equal(isThere, false)
    await append(created(2))
    await waiting
    await following.caughtUpTo(store.endOffset)
    const given = new AbortController()
    const aborted = following.caughtUpTo(100, { signal: given.signal })
    given.abort(new Error('enough'))
    await assert.rejects(aborted, /enough/)
  }),
)

test(
  'enough log makes a snapshot; a loader that starts later begins with it',
  withStore(async ({ append, loader, store }) => {
    await using first = loader({ bytesBetweenSnapshotsMax: 1000 })
    await first.start()
    for (let n = 0; n < 30; n++) await append(created(n))
    assert.equal(await store.loadSnapshot(), null)
    for (let n = 30; n < 50; n++) await append(created(n))
    const snapshot = await store.loadSnapshot()
    assert.ok(snapshot !== null && snapshot.endOffset > 30 && snapshot.endOffset < 50)
    assert.ok(store.startOffset > 0)

    await using second = loader()
    await second.start()
    assert.deepEqual([...imageRecords(second.image)], [...imageRecords(first.image)])
    assert.equal(second.image.offset, 49)
  }),
)

test(
  'log that is old enough makes a snapshot; without new log there is none',
  withStore(async ({ append, loader, store, world }) => {
    const { clock } = world.node('n1')
    await using first = loader({ clock, snapshotIntervalMs: 60_000 })
    await first.start()
    await append(created(1))
    await clock.sleep(30_000)
    await append(created(2))
    assert.equal(await store.loadSnapshot(), null)
    await clock.sleep(31_000)
    const snapshot = await store.loadSnapshot()
    assert.equal(snapshot?.endOffset, 2)
    await clock.sleep(200_000)
    assert.equal(await store.loadSnapshot(), snapshot)
  }),
)

test(
  'a snapshot of very much metadata is made in slices, and holds all of it',
  withStore(async ({ world, append, loader, store }) => {
    const { clock } = world.node('n1')
    await using first = loader({ clock })
    await first.start()
    for (let topic = 0; topic < 1_600; topic += 100) {
      await append(...Array.from({ length: 100 }, (_, index) => created(topic + index)))
    }
    let turns = 0
    let isMade = false
    const look = (): void => {
      turns++
      if (!isMade) clock.defer(look)
    }
    look()
    await first.makeSnapshot().finally(() => (isMade = true))
    assert.equal(turns > 3, true, `${turns} turns`)
    assert.equal((await store.loadSnapshot())?.records.length, 1_600)
  }),
)

test(
  'a snapshot holds nothing of a transaction that has not ended',
  withStore(async ({ append, loader, store }) => {
    await using first = loader()
    await first.start()
    await append(created(1), begin, created(2))
    await first.makeSnapshot()
    assert.equal((await store.loadSnapshot())?.endOffset, 1)
    await append(created(3), end)
    await using second = loader()
    await second.start()
    assert.equal(names(second), 't1,t2,t3')
  }),
)

test(
  'who may not make snapshots makes none',
  withStore(async ({ append, loader, store }) => {
    await using following = loader({ bytesBetweenSnapshotsMax: 1, makesSnapshots: () => false })
    await following.start()
    await append(created(1))
    assert.equal(await store.loadSnapshot(), null)
  }),
)

test(
  'a log that cannot be understood ends it with an error that says where',
  withStore(async ({ append, loader, failures }) => {
    await using following = loader()
    await following.start()
    await append(created(1))
    await append(Buffer.from('017f00', 'hex'))
    assert.match(failures[0]!.message, /unknown kind 127/)
    assert.match(failures[0]!.message, /offset 1/)
    assert.equal(names(following), 't1')
    await assert.rejects(following.caughtUpTo(1), /unknown kind/)
  }),
)
