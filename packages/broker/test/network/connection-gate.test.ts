import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { ConnectionGate } from '../../src/network/connection-gate.ts'

function gateWith(
  limits: Partial<ConnectionGate['limits']>,
  fromAddressMax: number | null = null,
): { readonly gate: ConnectionGate; readonly sleep: (ms: number) => Promise<void> } {
  const world = simulation({ seed: 1 })
  const { clock } = world.node('broker')
  const gate = new ConnectionGate({
    clock,
    limits: {
      connectionsMax: Infinity,
      perAddressMax: Infinity,
      perAddressOverrides: new Map(),
      newPerSecondMax: Infinity,
      ...limits,
    },
    window: { sampleCount: 11, sampleMs: 1_000 },
    newPerSecondFrom: () => fromAddressMax,
  })
  return { gate, sleep: (ms) => world.run(() => clock.sleep(ms)) }
}

test('no more connections are open than may be, in all and from one address', () => {
  const { gate } = gateWith({
    connectionsMax: 4,
    perAddressMax: 1,
    perAddressOverrides: new Map([['10.0.0.9', 2]]),
  })
  const isOpen = (address: string): boolean => gate.admit(address).isOpen
  assert.equal(isOpen('10.0.0.1'), true)
  assert.equal(isOpen('10.0.0.1'), false)
  gate.leave('10.0.0.1')
  assert.equal(isOpen('10.0.0.1'), true)
  assert.equal(isOpen('10.0.0.9'), true)
  assert.equal(isOpen('10.0.0.9'), true)
  assert.equal(isOpen('10.0.0.9'), false)
  assert.equal(isOpen('10.0.0.2'), true)
  assert.equal(isOpen('10.0.0.3'), false, 'the broker is full')
})

test('connections that come too fast wait, those of an address are sent away', async () => {
  const broker = gateWith({ newPerSecondMax: 2 })
  const delays = Array.from({ length: 22 }, () => broker.gate.admit('10.0.0.1').delayMs)
  // Two a second for ten seconds, and then the next has to wait for its turn.
  assert.deepEqual(delays.slice(0, 20), Array(20).fill(0))
  assert.deepEqual(delays.slice(20), [500, 1_000])

  const { gate, sleep } = gateWith({}, 1)
  for (let count = 0; count < 10; count++) assert.equal(gate.admit('10.0.0.1').isOpen, true)
  const late = gate.admit('10.0.0.1')
  assert.deepEqual([late.isOpen, late.delayMs], [false, 1_000])
  assert.equal(gate.admit('10.0.0.2').isOpen, true)
  await sleep(11_100)
  assert.equal(gate.admit('10.0.0.1').isOpen, true)
})
