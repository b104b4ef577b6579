import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvariantError } from '@ottla/runtime'
import { BrokerWorld } from './support/broker-world.ts'

const warnings = (world: BrokerWorld): string[] =>
  world.world.trace.entries.map(({ what }) => what).filter((what) => what.includes('broker warn'))

test('a restart after a clean stop finds nothing to warn of', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    await world.start()
    await world.broker.close()
    await world.start()
    await world.broker.close()
    assert.deepEqual(warnings(world), [])
  })
})

test('a clean stop leaves its marker, a stop after a broken invariant does not', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    const { disk } = world.world.node('broker')
    await world.start()
    await world.broker.close()
    assert.notEqual(disk.stat('/data/.kafka_cleanshutdown'), null)
    await world.start()
    world.broker.stopAfter(new InvariantError('for this test'))
    await world.broker.close()
    assert.equal(disk.stat('/data/.kafka_cleanshutdown'), null)
    assert.equal(world.failures.length, 1)
  })
})
