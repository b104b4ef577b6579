import assert from 'node:assert/strict'
import { KafkaError, Reader, readRequestHeader, Writer, type MessageCodec } from '@ottla/protocol'
import { SeededRandom } from '@ottla/runtime/simulated'
import { mutate } from './mutations.ts'

/** A well-formed message to be damaged. */
export interface Sample {
  readonly codec: MessageCodec<object>
  readonly version: number
  readonly bytes: Buffer
}

export interface FuzzResult {
  readonly rounds: number
  /** Damaged messages that still said something. */
  readonly values: number
  /** Damaged messages that were refused. */
  readonly errors: number
}

/** Decoding takes microseconds; this leaves room for a machine that is busy with something else. */
const decodeMsMax = 2000

/**
 * Damages messages and decodes them: each gives a value or a KafkaError INVALID_REQUEST, in time. A value
 * can be written again, and reads back as it was.
 *
 * The same seed gives the same messages; a failure names the seed of its round, which alone repeats it.
 *
 * @param goOn Asked before every round.
 */
export function fuzzCodecs(
  samples: readonly Sample[],
  seed: number,
  goOn: (round: number) => boolean,
): FuzzResult {
  const others = samples.map(({ bytes }) => bytes)
  let round = 0
  let values = 0
  for (; goOn(round); round++) {
    const roundSeed = seed + round
    const random = new SeededRandom(roundSeed)
    const sample = samples[random.int(samples.length)]!
    const bytes = mutate(sample.bytes, others, random)
    try {
      if (decodes(sample, bytes)) values++
      readsHeader(bytes)
    } catch (error) {
      const { codec, version } = sample
      throw new Error(
        `${codec.name} v${version}, seed ${roundSeed}, bytes ${bytes.toString('hex')}`,
        { cause: error },
      )
    }
  }
  return { rounds: round, values, errors: round - values }
}

function decodes({ codec, version }: Sample, bytes: Buffer): boolean {
  const start = performance.now()
  const value = valueOrError(() => codec.read(new Reader(bytes), version))
  const took = performance.now() - start
  assert.ok(took < decodeMsMax, `decoding took ${took} ms`)
  if (value === undefined) return false

  // Bytes that are not UTF-8 grow when they are written, so a string may have become too long.
  const written = valueOrError(() => {
    const writer = new Writer()
    codec.write(writer, value, version)
    return writer.finishWhole()
  })
  if (written !== undefined) {
    assert.deepEqual(codec.read(new Reader(written), version), value)
  }
  return true
}

function readsHeader(bytes: Buffer): void {
  valueOrError(() => readRequestHeader(new Reader(bytes)))
}

/** What any bytes may give; undefined is the KafkaError. */
function valueOrError<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'INVALID_REQUEST') return undefined
    throw error
  }
}
