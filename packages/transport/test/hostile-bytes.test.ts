import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { simulation } from '@ottla/runtime/simulated'
import { ByteBudget } from '@ottla/transport'
import { frame, served } from './raw-peer.ts'

/** Bytes that are frames, nearly frames, or nothing of the kind. */
const streams = fc.array(
  fc.oneof(
    fc.string({ maxLength: 50 }).map(frame),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.integer().map((size) => {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(size)
      return bytes
    }),
  ),
  { maxLength: 10 },
)

test('whatever comes, a connection answers what is a request, then closes, and gives all back', async () => {
  await fc.assert(
    fc.asyncProperty(streams, fc.nat(), fc.boolean(), async (pieces, seed, overlaps) => {
      const world = simulation({ seed })
      await world.run(async () => {
        const budget = new ByteBudget(1_000)
        const [here, there] = [world.node('here'), world.node('there')]
        const { random, clock } = there
        let handed = 0
        const { peer, connection, closed, stop } = await served(
          { here, there, thereHost: 'there' },
          {
            onRequest: (request, reply) => {
              handed += 1
              const answer = (): void => reply.send([request])
              if (random.int(2) === 0) answer()
              else clock.schedule(random.int(50), answer)
            },
            overlaps: () => overlaps,
            budget,
            limits: { frameBytesMax: 1_000, inFlightBytesMax: 60 },
          },
        )
        for (const piece of pieces) peer.write(piece)
        peer.socket.end()
        await closed
        await peer.gone()
        assert.equal(connection.inFlightRequests, 0)
        assert.equal(peer.answers.length, handed)
        assert.equal(budget.usedBytes, 0)
        await stop()
      })
    }),
    { numRuns: 300, seed: 1 },
  )
})
