import assert from 'node:assert/strict'
import { KafkaError } from '@ottla/protocol'
import { type Clock, InvariantError } from '@ottla/runtime'
import { ByteBudget, type Reply } from '@ottla/transport'
import { frame, served } from './raw-peer.ts'
import { inWorlds } from './worlds.ts'

const echo = (request: Buffer, reply: Reply): void =>
  reply.send([Buffer.from(`<${request.toString()}>`)])

inWorlds('requests are answered, however they are cut', async (world) => {
  const { peer, stop } = await served(world, { onRequest: echo })
  const bytes = Buffer.concat([frame('one'), frame(''), frame('three')])
  for (let at = 0; at < bytes.length; at += 1) {
    peer.write(bytes.subarray(at, at + 1))
    if (at % 5 === 0) await world.here.clock.sleep(1)
  }
  await peer.answered(3)
  assert.deepEqual(peer.answers, ['<one>', '<>', '<three>'])
  await stop()
})

inWorlds('many requests that come together are answered in one write', async (world) => {
  let flushes = 0
  const inner = world.there.clock
  const clock: Clock = {
    now: () => inner.now(),
    monotonic: () => inner.monotonic(),
    schedule: (delayMs, task) => inner.schedule(delayMs, task),
    sleep: (delayMs) => inner.sleep(delayMs),
    defer: (task) => {
      flushes += 1
      inner.defer(task)
    },
  }
  const { peer, stop } = await served(world, { onRequest: echo, clock })
  const count = 500
  peer.write(Buffer.concat(Array.from({ length: count }, (_, at) => frame(`request ${at}`))))
  await peer.answered(count)
  assert.deepEqual(
    peer.answers,
    Array.from({ length: count }, (_, at) => `<request ${at}>`),
  )
  assert.ok(flushes < 100, `${flushes} flushes`)
  await stop()
})

inWorlds('by default the next request waits for the answer to the one before', async (world) => {
  const handed: string[] = []
  const replies: Reply[] = []
  const { peer, connection, stop } = await served(world, {
    onRequest: (request, reply) => {
      handed.push(request.toString())
      replies.push(reply)
    },
  })
  peer.write(frame('a'), frame('b'), frame('c'))
  await world.here.clock.sleep(20)
  assert.deepEqual(handed, ['a'])
  assert.equal(connection.inFlightRequests, 1)
  replies[0]!.send([Buffer.from('A')])
  await peer.answered(1)
  assert.deepEqual(handed, ['a', 'b'])
  replies[1]!.none()
  assert.deepEqual(handed, ['a', 'b', 'c'])
  replies[2]!.send([Buffer.from('C')])
  await peer.answered(2)
  assert.deepEqual(peer.answers, ['A', 'C'])
  await stop()
})

inWorlds('requests that may overlap do; answers keep their order', async (world) => {
  const handed = new Map<string, Reply>()
  const { peer, stop } = await served(world, {
    onRequest: (request, reply) => void handed.set(request.toString(), reply),
    overlaps: (request) => request.toString().startsWith('produce'),
  })
  const all = ['produce 1', 'produce 2', 'produce 3', 'fetch', 'produce 4', 'produce 5']
  peer.write(...all.map(frame))
  const answer = (name: string): void => handed.get(name)!.send([Buffer.from(name)])
  await world.here.clock.sleep(20)
  assert.deepEqual([...handed.keys()], all.slice(0, 3))
  answer('produce 3')
  answer('produce 2')
  await world.here.clock.sleep(20)
  assert.deepEqual(peer.answers, [], 'the first one is not answered yet')
  answer('produce 1')
  await peer.answered(3)
  assert.deepEqual(peer.answers, all.slice(0, 3))
  assert.deepEqual([...handed.keys()], all.slice(0, 4), 'a fetch is served alone')
  answer('fetch')
  await world.here.clock.sleep(20)
  assert.deepEqual([...handed.keys()], all)
  answer('produce 5')
  answer('produce 4')
  await peer.answered(6)
  assert.deepEqual(peer.answers, all)
  await stop()
})

inWorlds('ten thousand pipelined requests, completed in any order', async (world) => {
  const count = 10_000
  const { peer, stop } = await served(world, {
    onRequest: (request, reply) => {
      const delayMs = world.there.random.int(4)
      if (delayMs === 0) echo(request, reply)
      else world.there.clock.schedule(delayMs, () => echo(request, reply))
    },
    overlaps: () => true,
  })
  for (let at = 0; at < count; at += 100) {
    const hundred = Array.from({ length: 100 }, (_, index) => frame(String(at + index)))
    peer.write(Buffer.concat(hundred))
  }
  await peer.answered(count)
  assert.ok(peer.answers.every((answer, at) => answer === `<${at}>`))
  await stop()
})

inWorlds('no more than the limit is handed over at a time', async (world) => {
  let most = 0
  let handed = 0
  const { peer, connection, stop } = await served(world, {
    onRequest: (request, reply) => {
      handed += 1
      most = Math.max(most, connection.inFlightRequests)
      world.there.clock.schedule(1, () => echo(request, reply))
    },
    overlaps: () => true,
    limits: { inFlightRequestsMax: 3 },
  })
  peer.write(Buffer.concat(Array.from({ length: 50 }, (_, at) => frame(`${at}`))))
  await peer.answered(50)
  assert.equal(most, 3)
  assert.equal(handed, 50)
  await stop()
})

inWorlds(
  'bytes in flight pause the connection, and it goes on when they are answered',
  async (world) => {
    const replies: Reply[] = []
    const { peer, stop } = await served(world, {
      onRequest: (_, reply) => void replies.push(reply),
      overlaps: () => true,
      limits: { inFlightBytesMax: 1_000 },
    })
    const body = 'x'.repeat(600)
    for (let at = 0; at < 5; at += 1) peer.write(frame(body))
    await world.here.clock.sleep(20)
    assert.equal(replies.length, 2, 'exceeded by one request at most')
    replies[0]!.send([Buffer.from('0')])
    await world.here.clock.sleep(20)
    assert.equal(replies.length, 3)
    for (let at = 1; at < 5; at += 1) {
      replies[at]!.send([Buffer.from(String(at))])
      await peer.answered(at + 1)
      await world.here.clock.sleep(10)
    }
    assert.deepEqual(peer.answers, ['0', '1', '2', '3', '4'])
    await stop()
  },
)

inWorlds('connections share a budget, and one that is gone gives its part back', async (world) => {
  const budget = new ByteBudget(1_000)
  const replies: Reply[] = []
  const options = {
    onRequest: (_: Buffer, reply: Reply): void => void replies.push(reply),
    budget,
  }
  const first = await served(world, options)
  const second = await served(world, options)
  first.peer.write(frame('x'.repeat(1_500)))
  await world.here.clock.sleep(20)
  assert.equal(budget.usedBytes, 1_500)
  second.peer.write(frame('y'.repeat(10)))
  await world.here.clock.sleep(20)
  assert.equal(replies.length, 1)
  await first.stop()
  await world.here.clock.sleep(20)
  assert.equal(replies.length, 2)
  assert.equal(budget.usedBytes, 10)
  replies[0]!.send([Buffer.from('too late')])
  replies[1]!.send([Buffer.from('done')])
  await second.peer.answered(1)
  assert.equal(budget.usedBytes, 0)
  await second.stop()
})

inWorlds('a peer that does not read its answers is not served further', async (world) => {
  let handed = 0
  const large = Buffer.alloc(1_000_000, 'z')
  const { peer, stop } = await served(world, {
    onRequest: (_, reply) => {
      handed += 1
      reply.send([large])
    },
    limits: { outboundBytesMax: 2_000_000 },
  })
  peer.socket.pause()
  const count = 300
  for (let at = 0; at < count; at += 1) peer.write(frame('more'))
  await world.here.clock.sleep(100)
  // The kernel takes much of its own: Linux up to 64 MB for one connection where tcp_rmem says 32 MB.
  assert.ok(handed < 200, `${handed} handed over`)
  peer.socket.resume()
  await peer.answered(count)
  assert.ok(peer.answers.every((answer) => answer.length === large.length))
  await stop()
})

inWorlds(
  'a size that cannot be closes the connection after the answers that are due',
  async (world) => {
    for (const size of [-1, 2_000]) {
      const late = Promise.withResolvers<Reply>()
      const { peer, closed, stop } = await served(world, {
        onRequest: (_, reply) => late.resolve(reply),
        overlaps: () => true,
        limits: { frameBytesMax: 1_000 },
      })
      const bad = Buffer.alloc(4)
      bad.writeInt32BE(size)
      peer.write(frame('fine'), bad, frame('never served'))
      const reply = await late.promise
      await world.here.clock.sleep(10)
      reply.send([Buffer.from('fine too')])
      await peer.gone()
      assert.deepEqual(peer.answers, ['fine too'])
      peer.socket.end()
      await closed
      await stop()
    }
  },
)

inWorlds(
  'a request that fails ends the connection; answers before it leave, none after',
  async (world) => {
    const replies: Reply[] = []
    const { peer, closed, stop } = await served(world, {
      onRequest: (_, reply) => void replies.push(reply),
      overlaps: () => true,
    })
    peer.write(frame('1'), frame('2'), frame('3'))
    await world.here.clock.sleep(20)
    replies[2]!.send([Buffer.from('three')])
    replies[1]!.fail(new KafkaError('INVALID_REQUEST', 'nonsense'))
    replies[0]!.send([Buffer.from('one')])
    await peer.gone()
    assert.deepEqual(peer.answers, ['one'])
    peer.socket.end()
    await closed
    await stop()
  },
)

inWorlds('what a handler throws closes its connection alone', async (world) => {
  const onRequest = (request: Buffer, reply: Reply): void => {
    if (request.toString() === 'bad') throw new KafkaError('INVALID_REQUEST', 'bad indeed')
    if (request.toString() === 'bug') throw new TypeError('a bug')
    echo(request, reply)
  }
  for (const kind of ['bad', 'bug']) {
    const good = await served(world, { onRequest })
    const bad = await served(world, { onRequest })
    bad.peer.write(frame('a'), frame(kind), frame('b'))
    await bad.peer.gone()
    assert.deepEqual(bad.peer.answers, ['<a>'])
    good.peer.write(frame('unharmed'))
    await good.peer.answered(1)
    await bad.stop()
    await good.stop()
  }
})

inWorlds('a peer that vanishes inside a request is let go', async (world) => {
  const { peer, connection, closed, stop } = await served(world, { onRequest: echo })
  peer.write(frame('whole'), frame('only half of it').subarray(0, 9))
  await peer.answered(1)
  peer.socket.destroy()
  await closed
  assert.ok(connection.isClosed)
  await stop()
})

inWorlds('a peer that ends its side still gets all its answers', async (world) => {
  const { peer, closed, stop } = await served(world, {
    onRequest: (request, reply) => {
      world.there.clock.schedule(5, () => echo(request, reply))
    },
  })
  peer.write(frame('1'), frame('2'), frame('3'))
  peer.socket.end()
  await peer.gone()
  assert.deepEqual(peer.answers, ['<1>', '<2>', '<3>'])
  assert.equal(await closed, undefined)
  await stop()
})

inWorlds('the buffer of a request that leaves its frame is used again', async (world) => {
  const buffers = new Set<ArrayBufferLike>()
  let wrong = 0
  const { peer, stop } = await served(world, {
    onRequest: (request, reply) => {
      buffers.add(request.buffer)
      world.there.clock.schedule(1, () => {
        if (request.some((byte) => byte !== request[0])) wrong += 1
        reply.send([Buffer.from([request[0]!])])
      })
    },
    overlaps: () => true,
    leavesFrame: () => true,
  })
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at))
  for (const letter of letters) {
    peer.write(frame(letter.repeat(40_000)))
    if (letter === 'm') await world.here.clock.sleep(20)
  }
  await peer.answered(26)
  assert.deepEqual(peer.answers, letters)
  assert.equal(wrong, 0)
  assert.ok(buffers.size < 26, `${buffers.size} buffers`)
  await stop()
})

inWorlds('who answers is told when the bytes have left, or never will', async (world) => {
  const replies: Reply[] = []
  const { peer, closed, stop } = await served(world, {
    onRequest: (_, reply) => void replies.push(reply),
    overlaps: () => true,
  })
  const told: string[] = []
  const send = (at: number, bytes = 10): void =>
    replies[at]!.send([Buffer.alloc(bytes)], () => told.push(String(at)))
  for (const name of ['0', '1', '2', '3', '4', '5']) peer.write(frame(name))
  await world.here.clock.sleep(20)
  send(1)
  await world.here.clock.sleep(20)
  assert.deepEqual(told, [], 'the one before it is not answered yet')
  send(0)
  await peer.answered(2)
  await world.here.clock.sleep(20)
  assert.deepEqual(told, ['0', '1'])

  peer.socket.pause()
  send(2, 30_000_000)
  send(4)
  await world.here.clock.sleep(20)
  assert.equal(told.length, 2)
  peer.socket.destroy()
  await closed
  await world.here.clock.sleep(20)
  send(5)
  assert.deepEqual(new Set(told), new Set(['0', '1', '2', '4', '5']))
  assert.equal(told.length, 5)
  await stop()
})

inWorlds('close answers what is in flight and takes nothing more', async (world) => {
  const replies: Reply[] = []
  const { peer, connection, stop } = await served(world, {
    onRequest: (_, reply) => void replies.push(reply),
    overlaps: () => true,
  })
  peer.write(frame('1'), frame('2'))
  await world.here.clock.sleep(20)
  const closing = connection.close()
  peer.write(frame('3'))
  await world.here.clock.sleep(10)
  replies[1]!.send([Buffer.from('two')])
  replies[0]!.send([Buffer.from('one')])
  await peer.gone()
  assert.deepEqual(peer.answers, ['one', 'two'])
  assert.equal(replies.length, 2)
  peer.socket.end()
  await closing
  await connection.close()
  await stop()
})

inWorlds('close does not wait for ever', async (world) => {
  const { peer, connection, stop } = await served(world, {
    onRequest: () => {},
    limits: { lingerMsMax: 30 },
  })
  peer.write(frame('never answered'))
  await world.here.clock.sleep(10)
  await connection.close()
  await stop()
})

inWorlds(
  'an idle connection is closed; one that waits for an answer is not idle',
  async (world) => {
    const limits = { idleMsMax: 60 }
    const idle = await served(world, { onRequest: echo, limits })
    const waiting = await served(world, {
      onRequest: (request, reply) => {
        world.there.clock.schedule(200, () => echo(request, reply))
      },
      limits,
    })
    waiting.peer.write(frame('slow'))
    idle.peer.write(frame('quick'))
    await idle.peer.answered(1)
    const start = world.here.clock.monotonic()
    await idle.peer.gone()
    assert.ok(world.here.clock.monotonic() - start > 40)
    await waiting.peer.answered(1)
    assert.deepEqual(waiting.peer.answers, ['<slow>'])
    await idle.stop()
    await waiting.stop()
  },
)

inWorlds('a peer that does not take its answers is idle, and closed', async (world) => {
  const { peer, closed, stop } = await served(world, {
    onRequest: (_request, reply) => reply.send([Buffer.alloc(1_000_000)]),
    limits: { idleMsMax: 60, lingerMsMax: 30, outboundBytesMax: 1_000_000 },
  })
  peer.socket.pause()
  for (let left = 200; left > 0; left--) peer.write(frame('more'))
  await closed
  await stop()
})

inWorlds('a request answered twice is a bug that is not hidden', async (world) => {
  const failed = Promise.withResolvers<unknown>()
  const { peer, stop } = await served(world, {
    onRequest: (request, reply) => {
      echo(request, reply)
      try {
        reply.none()
      } catch (error) {
        failed.resolve(error)
      }
    },
  })
  peer.write(frame('x'))
  assert.ok((await failed.promise) instanceof InvariantError)
  await stop()
})
