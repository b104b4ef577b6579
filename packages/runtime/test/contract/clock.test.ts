import assert from 'node:assert/strict'
import { contract } from './worlds.ts'

contract('a task runs once, at its time and not before', async ({ here: { clock } }) => {
  const start = clock.monotonic()
  let runs = 0
  await new Promise<void>((resolve) => {
    clock.schedule(20, () => {
      runs += 1
      resolve()
    })
  })
  assert.ok(clock.monotonic() - start >= 20, `${clock.monotonic() - start} ms`)
  await clock.sleep(5)
  assert.equal(runs, 1)
})

contract('tasks run in the order of their times', async ({ here: { clock } }) => {
  const order: number[] = []
  clock.schedule(30, () => order.push(30))
  clock.schedule(0, () => order.push(0))
  clock.schedule(15, () => order.push(15))
  await clock.sleep(60)
  assert.deepEqual(order, [0, 15, 30])
})

contract(
  'a cancelled task does not run, and may be cancelled again',
  async ({ here: { clock } }) => {
    let runs = 0
    const timer = clock.schedule(5, () => (runs += 1))
    timer.cancel()
    timer.cancel()
    const ran = clock.schedule(1, () => (runs += 10))
    await clock.sleep(20)
    ran.cancel()
    assert.equal(runs, 10)
  },
)

contract('a task far in the future does not run now', async ({ here: { clock } }) => {
  let runs = 0
  const timer = clock.schedule(100 * 24 * 3_600_000, () => (runs += 1))
  await clock.sleep(10)
  timer.cancel()
  assert.equal(runs, 0)
})

contract('a deferred task runs after what is under way, in order', async ({ here: { clock } }) => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.defer(() => order.push('first'))
    clock.defer(() => {
      order.push('second')
      resolve()
    })
    queueMicrotask(() => order.push('microtask'))
    order.push('now')
  })
  assert.deepEqual(order, ['now', 'microtask', 'first', 'second'])
})

contract('sleep ends early with the reason of its signal', async ({ here: { clock } }) => {
  const stop = new AbortController()
  clock.schedule(5, () => stop.abort(new Error('enough')))
  await assert.rejects(clock.sleep(60_000, { signal: stop.signal }), /enough/)
  await assert.rejects(clock.sleep(1, { signal: stop.signal }), /enough/)
})

contract('wall-clock time is whole milliseconds and moves', async ({ here: { clock } }) => {
  const before = clock.now()
  await clock.sleep(20)
  assert.ok(Number.isInteger(before) && before > Date.UTC(2020, 0))
  assert.ok(clock.now() >= before + 15)
})
