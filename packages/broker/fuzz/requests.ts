import { KafkaError, Reader, Writer, type MessageCodec } from '@ottla/protocol'
import { ProduceRequest } from '@ottla/protocol/messages/produce'
import { RequestHeader } from '@ottla/protocol/messages/request-header'
import { requestHeaderVersion } from '@ottla/protocol'
import type { Random } from '@ottla/runtime'
import { mutate } from '../../protocol/fuzz/mutations.ts'
import { definitions, vectorsOf } from '../../protocol/test/golden-vectors.ts'
import { servedApis } from '../src/index.ts'
import { makeRecords } from './batches.ts'
import { grammarBody } from './grammar.ts'
import { INNOCENT_GROUP, INNOCENT_TOPIC, type Pools } from './pools.ts'

interface Sample {
  readonly codec: MessageCodec<object>
  readonly version: number
  readonly bytes: Buffer
}

/** DeleteTopics ends groups, CreatePartitions of their topic moves them away from what it knows of them. */
const groupsEndingKeys: ReadonlySet<number> = new Set([20, 37])
const UNREGISTER_BROKER_KEY = 64
/** `node.id` of the fuzzed broker. */
const BROKER_ID: Buffer = Buffer.from('00000001', 'hex')

/** Golden requests by API: what a field of each looks like, in every version. */
const samplesByApi: readonly (readonly Sample[])[] = [...servedApis.values()].map((served) =>
  definitions()
    .filter(({ name }) => name === `${served.name}Request`)
    .flatMap(vectorsOf)
    .filter(({ version }) => version >= served.lowestVersion && version <= served.highestVersion),
)

/** Produce takes the most bytes from strangers: it is tried more often than the others. */
const produceSamples = samplesByApi.find(([sample]) => sample?.codec.name === 'ProduceRequest')!

const allBodies: readonly Buffer[] = samplesByApi.flatMap((samples) => samples.map((s) => s.bytes))

/**
 * Makes frames, size included: a golden request whose fields are replaced by what means something to the
 * broker, or one grown from its schema; then damaged half of the time, in body, header or size.
 */
export class RequestMaker {
  readonly #random: Random
  readonly #pools: Pools
  readonly #now: () => number
  #correlationId = 0

  constructor(random: Random, pools: Pools, now: () => number) {
    this.#random = random
    this.#pools = pools
    this.#now = now
  }

  next(): Buffer {
    const random = this.#random
    for (;;) {
      const frame = random.int(60) === 0 ? random.bytes(random.int(60)) : this.#request()
      if (!isUnfair(frame)) return frame
    }
  }

  #request(): Buffer {
    const random = this.#random
    const samples = random.int(10) === 0 ? produceSamples : this.#pools.pick(samplesByApi)
    const sample = this.#pools.pick(samples)
    const kind = random.int(10)
    let body = kind < 2 ? sample.bytes : kind < 7 ? this.#meaningful(sample) : this.#grown(sample)
    if (random.int(4) === 0) body = mutate(body, allBodies, random)
    else if (random.int(30) === 0) body = Buffer.concat([body, random.bytes(1 + random.int(9))])
    let header = this.#header(sample)
    if (random.int(40) === 0) header = mutate(header, [header], random)
    const size = Buffer.alloc(4)
    size.writeInt32BE(header.length + body.length)
    if (random.int(200) === 0) size[random.int(4)] = random.int(256)
    return Buffer.concat([size, header, body])
  }

  #header({ codec: { apiKey }, version }: Sample): Buffer {
    const random = this.#random
    const writer = new Writer()
    const header = {
      requestApiKey: apiKey,
      requestApiVersion: random.int(60) === 0 ? random.int(20) - 2 : version,
      correlationId: ++this.#correlationId,
      clientId: random.int(10) === 0 ? null : 'fuzzer',
    }
    RequestHeader.write(writer, header, requestHeaderVersion(apiKey, version))
    return writer.finishWhole()
  }

  /** Another request of its API and version, with lies in it half of the time. */
  #grown({ codec, version }: Sample): Buffer {
    const random = this.#random
    const breakOneIn = random.int(2) === 0 ? null : 2 + random.int(30)
    return grammarBody(codec.apiKey, version, random, this.#pools, breakOneIn)
  }

  /** The sample with fields replaced; as it is when its version has no place for what was chosen. */
  #meaningful({ codec, version, bytes }: Sample): Buffer {
    const message = codec.read(new Reader(bytes), version)
    const replaced = this.#replaceIn(message) as object
    if (codec.name === ProduceRequest.name) this.#fillIn(replaced as ProduceRequest)
    const writer = new Writer()
    try {
      codec.write(writer, replaced, version)
      return writer.finishWhole()
    } catch (error) {
      if (error instanceof KafkaError || error instanceof RangeError) return bytes
      throw error
    }
  }

  #fillIn(request: ProduceRequest): void {
    const producerId = Number(this.#pools.replace('producerId', 0))
    for (const { partitionData } of request.topicData) {
      for (const data of partitionData) {
        Object.assign(data, { records: makeRecords(this.#random, this.#now(), producerId) })
      }
    }
  }

  #replaceIn(value: unknown, field: string = ''): unknown {
    const random = this.#random
    if (Array.isArray(value)) {
      const elements = value.map((each) => this.#replaceIn(each, field))
      const isHard = field === 'configs' || field === 'assignments'
      if (random.int(isHard ? 2 : 15) === 0) return []
      if (random.int(15) === 0) return [...elements, ...elements]
      return elements
    }
    if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, this.#replaceIn(inner, name)]),
      )
    }
    return random.int(10) === 0 ? value : this.#pools.replace(field, value)
  }
}

/** What would rightly harm the innocent: its names, the end of every group's topic, or of its broker's registration. */
function isUnfair(frame: Buffer): boolean {
  if (frame.includes(INNOCENT_TOPIC) || frame.includes(INNOCENT_GROUP)) return true
  const apiKey = frame.length >= 6 ? frame.readInt16BE(4) : -1
  if (apiKey === UNREGISTER_BROKER_KEY) return frame.includes(BROKER_ID, 12)
  return groupsEndingKeys.has(apiKey) && frame.includes('__consumer_offsets')
}
