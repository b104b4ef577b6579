import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLogger, lineLogger } from '../../src/node/index.ts'

for (const [kind, make] of [
  ['line', (write: (line: string) => void) => lineLogger({ write })],
  ['JSON', (write: (line: string) => void) => jsonLogger({ write })],
] as const) {
  test(`levels of ${kind} loggers change while they are used`, async () => {
    const lines: string[] = []
    const root = await make((line) => lines.push(line))
    const broker = root.child('broker')
    const network = broker.child('network')
    const say = (): number => {
      lines.length = 0
      network.debug('hello')
      broker.debug('hello')
      root.debug('hello')
      return lines.length
    }
    const { levels } = root
    assert.ok(levels !== undefined)
    assert.deepEqual(
      [...levels.all],
      [
        ['root', 'info'],
        ['broker', 'info'],
        ['broker/network', 'info'],
      ],
    )
    assert.equal(say(), 0)
    levels.set('broker', 'debug')
    assert.equal(say(), 2)
    levels.set('broker/network', 'error')
    assert.equal(say(), 1)
    levels.set('root', 'debug')
    assert.equal(say(), 2)
    levels.reset('broker/network')
    levels.reset('root')
    assert.equal(say(), 3)
    assert.equal(levels.has('nobody'), false)
  })
}
