import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from '@ottla/transport'

test('whoever asks while anything is free gets all of it; then nobody until it is free again', () => {
  const budget = new ByteBudget(100)
  assert.ok(budget.take(99))
  assert.ok(budget.take(5_000))
  assert.ok(!budget.take(1))
  budget.release(5_000)
  assert.ok(budget.take(1))
  assert.equal(budget.usedBytes, 100)
})

test('those who wait are let in in turn, as long as something is free', () => {
  const budget = new ByteBudget(100)
  const order: string[] = []
  budget.take(100)
  const waiter = (name: string, bytes: number): (() => void) => {
    const retry = (): void => {
      if (budget.take(bytes)) order.push(name)
      else budget.wait(retry)
    }
    budget.wait(retry)
    return retry
  }
  waiter('a', 60)
  const gone = waiter('gone', 1)
  waiter('b', 60)
  waiter('c', 60)
  budget.forget(gone)
  budget.release(100)
  assert.deepEqual(order, ['a', 'b'])
  budget.release(60)
  assert.deepEqual(order, ['a', 'b', 'c'])
})

test('a long line whose members are done at once does not nest', () => {
  const budget = new ByteBudget(1)
  budget.take(1)
  let served = 0
  for (let count = 0; count < 50_000; count += 1) {
    budget.wait(() => {
      assert.ok(budget.take(1))
      served += 1
      budget.release(1)
    })
  }
  budget.release(1)
  assert.equal(served, 50_000)
  assert.equal(budget.usedBytes, 0)
})
