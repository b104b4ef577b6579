import assert from 'node:assert/strict'
import { Reader, responseHeaderVersion } from '@ottla/protocol'
import { SeededRandom } from '@ottla/runtime/simulated'
import { servedApis } from '../src/index.ts'
import { layGround } from './ground.ts'
import { InnocentClient } from './innocent-client.ts'
import { Peer } from './peer.ts'
import { Pools } from './pools.ts'
import { RequestMaker } from './requests.ts'
import type { Target } from './targets.ts'

export interface FuzzResult {
  readonly frames: number
  readonly answers: number
  readonly closed: number
}

const FRAMES_BETWEEN_CHECKS = 250
const API_VERSIONS_KEY = 18
/** Room for a broker, its simulated disk and the trace; a leak passes it in minutes. */
const MEMORY_BYTES_MAX = 1.2e9

/**
 * One broker, from its start, over `frameCount` frames of a fuzzer, to a restart on the same disk.
 *
 * Every so many frames an innocent client does its rounds. Throws when its requests fail, when an answer
 * does not read as one of its API, or when the broker logs a mistake of its own. The same seed in the
 * simulated world says and does the same.
 */
export async function fuzzBroker(
  target: Target,
  seed: number,
  frameCount: number,
  goOn: () => boolean = () => true,
): Promise<FuzzResult> {
  const result = { frames: 0, answers: 0, closed: 0 }
  const recent: string[] = []
  try {
    await target.run(() => fuzz(target, seed, frameCount, goOn, result, recent))
  } catch (error) {
    const frames = recent.slice(-12).join('\n  ')
    throw new Error(`seed ${seed}, after ${result.frames} frames; the last ones:\n  ${frames}`, {
      cause: error,
    })
  }
  return result
}

async function fuzz(
  target: Target,
  seed: number,
  frameCount: number,
  goOn: () => boolean,
  result: { frames: number; answers: number; closed: number },
  recent: string[],
): Promise<void> {
  const random = new SeededRandom(seed)
  const pools = new Pools(random)
  const connect = async (): Promise<Peer> => {
    const { host, port } = target
    return new Peer(await target.network.connect({ host, port }), target.clock)
  }
  await target.start()
  const innocent = new InnocentClient(connect, () => target.clock.now())
  await innocent.begin()
  for (const id of innocent.ids) pools.forbid(id)
  const laying = await connect()
  await layGround(laying, pools, target.clock.now())

  const maker = new RequestMaker(random, pools, () => target.clock.now())
  const burst = new Burst(random, pools, connect, result, recent)
  for (let untilCheck = FRAMES_BETWEEN_CHECKS; result.frames < frameCount && goOn();) {
    const before = result.frames
    await burst.send(maker)
    untilCheck -= result.frames - before
    if (untilCheck > 0) continue
    untilCheck = FRAMES_BETWEEN_CHECKS
    await innocent.check()
    await layGround(laying, pools, target.clock.now())
    checkBroker(target)
  }
  burst.close()
  laying.close()

  await innocent.check()
  await target.stop()
  checkBroker(target)
  await target.start()
  await innocent.reconnect()
  await innocent.check()
  innocent.close()
  await target.stop()
  checkBroker(target)
}

function checkBroker(target: Target): void {
  assert.deepEqual(target.failures(), [], 'the broker made no mistake')
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const usedBytes = heapUsed + arrayBuffers
  assert.ok(usedBytes < MEMORY_BYTES_MAX, `${Math.round(usedBytes / 1e6)} MB are in use`)
}

/** A few connections on which frames go out in bursts, whole or in pieces, answered or not. */
class Burst {
  readonly #random: SeededRandom
  readonly #pools: Pools
  readonly #connect: () => Promise<Peer>
  readonly #result: { frames: number; answers: number; closed: number }
  readonly #recent: string[]
  /** A connection and the requests on it that are not answered yet. */
  readonly #open: { readonly peer: Peer; readonly sent: Buffer[] }[] = []

  constructor(
    random: SeededRandom,
    pools: Pools,
    connect: () => Promise<Peer>,
    result: { frames: number; answers: number; closed: number },
    recent: string[],
  ) {
    this.#random = random
    this.#pools = pools
    this.#connect = connect
    this.#result = result
    this.#recent = recent
  }

  async send(maker: RequestMaker): Promise<void> {
    const random = this.#random
    const slot = random.int(4)
    const open = (this.#open[slot] ??= { peer: await this.#connect(), sent: [] })
    const { peer, sent } = open
    const frames = Array.from({ length: 1 + random.int(random.int(10) === 0 ? 30 : 3) }, () =>
      maker.next(),
    )
    this.#write(peer, Buffer.concat(frames))
    for (const frame of frames) {
      this.#result.frames += 1
      this.#recent.push(frame.subarray(0, 300).toString('hex'))
      if (frame.length >= 12) sent.push(frame)
    }
    if (this.#recent.length > 200) this.#recent.splice(0, 100)
    // Some answers take long: a fetch that waits, a member that joins.
    await peer.answered(sent.length, random.int(10) === 0 ? 2_000 : 20)
    this.#read(open)
    const isStuck = sent.length > 0 && random.int(3) === 0
    if (!peer.isClosed && !isStuck && random.int(15) > 0) return
    if (peer.isClosed) this.#result.closed += 1
    else if (random.int(3) === 0) {
      peer.endWriting()
      await peer.answered(Infinity, 20)
    }
    peer.close()
    // oxlint-disable-next-line typescript/no-array-delete
    delete this.#open[slot]
  }

  close(): void {
    for (const open of this.#open) open?.peer.close()
  }

  #write(peer: Peer, bytes: Buffer): void {
    const random = this.#random
    if (random.int(4) > 0) return peer.write(bytes)
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + 1 + random.int(bytes.length))
      peer.write(bytes.subarray(at, end))
      at = end
    }
  }

  /** Matches answers to requests by correlation id: those of Produce without acks have none. */
  #read({ peer, sent }: { readonly peer: Peer; readonly sent: Buffer[] }): void {
    for (const answer of peer.answers.splice(0)) {
      this.#result.answers += 1
      assert.ok(answer.length >= 4, 'an answer has a correlation id')
      const id = answer.readInt32BE(0)
      const found = sent.findIndex((frame) => frame.readInt32BE(8) === id)
      // A damaged size cuts the stream elsewhere: those answers are to what we did not mean.
      if (found === -1) continue
      const request = sent[found]!
      sent.splice(0, found + 1)
      this.#decode(request, answer)
    }
  }

  #decode(request: Buffer, answer: Buffer): void {
    const served = servedApis.get(request.readInt16BE(4))
    if (served === undefined) return
    const asked = request.readInt16BE(6)
    const isServed = asked >= served.lowestVersion && asked <= served.highestVersion
    if (!isServed && served.key !== API_VERSIONS_KEY) return
    const version = isServed ? asked : 0
    const reader = new Reader(answer)
    reader.int32()
    if (responseHeaderVersion(served.key, version) === 1) reader.uvarint()
    const { response } = served.api as unknown as {
      response: { read(reader: Reader, version: number): unknown }
    }
    this.#pools.learn(response.read(reader, version))
    assert.equal(
      reader.remaining,
      0,
      `${served.name} v${version}: the answer has nothing behind it`,
    )
  }
}
