import { parseArgs } from 'node:util'
import { definitions, vectorsOf } from '../test/golden-vectors.ts'
import { fuzzCodecs } from './fuzz-codecs.ts'

/** Fuzzes the codecs for as long as asked: `--seconds 60 --seed 1`. */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string' } },
})
const seconds = Number(values.seconds)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(
    'usage: node --conditions=ottla-src packages/protocol/fuzz/main.ts --seconds N --seed S',
  )
  process.exit(1)
}

console.log(`fuzzing the codecs for ${seconds} s from seed ${seed}`)
const end = performance.now() + seconds * 1000
const result = fuzzCodecs(definitions().flatMap(vectorsOf), seed, () => performance.now() < end)
const heapMb = Math.round(process.memoryUsage().heapUsed / 1e6)
console.log(
  `${result.rounds} messages: ${result.values} decoded, ${result.errors} refused; heap ${heapMb} MB`,
)
