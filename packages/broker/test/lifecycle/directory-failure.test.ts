import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import { BrokerLifecycle } from '../../src/lifecycle/broker-lifecycle.ts'
import type { ControllerChannel } from '../../src/lifecycle/controller-channel.ts'
import { Metadata } from '../../src/metadata.ts'

/** A broker's standing with a controller that hears it, or not. */
function lifecycleWith(hears: () => boolean) {
  const world = simulation()
  const { clock } = world.node('broker')
  const heard: { atMs: number; offline: readonly string[] }[] = []
  const unheard: number[] = []
  const answer = { errorCode: 0, isCaughtUp: true, isFenced: false, shouldShutDown: false }
  const controller: Partial<ControllerChannel> = {
    registerBroker: () => Promise.resolve({ errorCode: 0, brokerEpoch: 7n }),
    brokerHeartbeat: ({ offlineLogDirs }) => {
      if (!hears()) return Promise.reject(new Error('nobody is there'))
      heard.push({ atMs: world.time, offline: offlineLogDirs })
      return Promise.resolve(answer)
    },
  }
  const lifecycle = new BrokerLifecycle({
    brokerId: 1,
    clusterId: 'c',
    incarnationId: 'i',
    rack: null,
    listeners: [],
    directories: ['one', 'two'],
    cordonedDirectories: () => [],
    previousBrokerEpoch: -1,
    heartbeatIntervalMs: 2_000,
    directoryFailureTimeoutMs: 30_000,
    onUnheard: () => unheard.push(world.time),
    startTimeoutMs: 1_000,
    controller: controller as ControllerChannel,
    metadata: new Metadata('c'),
    clock,
    logger: silentLogger,
  })
  return { world, clock, lifecycle, heard, unheard }
}

test('the controller is told of a failed directory at once, and with every heartbeat after', async () => {
  const { world, clock, lifecycle, heard, unheard } = lifecycleWith(() => true)
  await world.run(async () => {
    await lifecycle.start()
    await clock.sleep(500)
    const before = heard.length
    lifecycle.directoryFailed('two')
    await clock.sleep(100)
    assert.deepEqual(heard.slice(before), [{ atMs: 500, offline: ['two'] }])
    await clock.sleep(60_000)
    assert.ok(heard.slice(before).every(({ offline }) => offline.join() === 'two'))
    assert.ok(heard.length - before <= 31, 'one beat after the other, no more')
    await lifecycle.stop()
  })
  assert.deepEqual(unheard, [])
})

test('a controller that does not hear of it within log.dir.failure.timeout.ms ends the broker', async () => {
  let hears = true
  const { world, clock, lifecycle, unheard } = lifecycleWith(() => hears)
  await world.run(async () => {
    await lifecycle.start()
    hears = false
    const failedAt = world.time
    lifecycle.directoryFailed('two')
    await clock.sleep(60_000)
    assert.deepEqual(unheard, [failedAt + 30_000])
    await lifecycle.stop()
  })
})
