import { parseArgs } from 'node:util'
import { goldenFiles } from '../test/golden.ts'
import { exerciseAll } from './exercise.ts'
import { mutate } from './mutate.ts'

/**
 * Feeds mutated golden batches to all that reads bytes, until the time is over or something breaks:
 *
 *   node --conditions=ottla-src packages/records/fuzz/main.ts [--seconds 10] [--seed 1]
 *
 * A failure prints its seed; `--seed` with it comes to the same failure at once.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const golden = goldenFiles.map(({ hex }) => Buffer.from(hex, 'hex'))
const end = performance.now() + Number(values.seconds) * 1000
const firstSeed = Number(values.seed)
let seed = firstSeed
for (; performance.now() < end; seed++) {
  const started = performance.now()
  try {
    exerciseAll(mutate(golden, seed))
  } catch (error) {
    console.error(`seed ${seed} fails`)
    throw error
  }
  const tookMs = performance.now() - started
  if (tookMs > 1000) throw new Error(`seed ${seed} takes ${Math.round(tookMs)} ms`)
}
console.log(
  `${seed - firstSeed} inputs, seeds ${firstSeed} to ${seed - 1}: each a value or a KafkaError`,
)
