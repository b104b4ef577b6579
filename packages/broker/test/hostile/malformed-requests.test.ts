import assert from 'node:assert/strict'
import { CORRELATION_ID } from './bytes.ts'
import { hostileTest } from './hostile-world.ts'
import { malformedRequests } from './malformed-requests.ts'

for (const { name, bytes, outcome } of malformedRequests) {
  const title =
    'closes' in outcome
      ? `${name} closes its connection, with one line that says why`
      : 'waits' in outcome
        ? `${name} is waited for`
        : `${name} is answered`
  hostileTest(title, async (world) => {
    const peer = await world.connect()
    peer.write(bytes)
    await peer.answered(1, 5_000)
    if ('closes' in outcome) {
      assert.ok(peer.isClosed)
      assert.deepEqual(peer.answers, [])
      world.assertOneLine(outcome.closes)
      return
    }
    assert.ok(!peer.isClosed, world.warnings.join())
    assert.deepEqual(world.warnings, [])
    if ('answers' in outcome) {
      const [answer] = peer.answers
      assert.equal(answer?.readInt32BE(0), CORRELATION_ID)
      assert.ok(answer.subarray(4).toString('hex').startsWith(outcome.answers))
    } else assert.deepEqual(peer.answers, [])
    peer.close()
  })
}
