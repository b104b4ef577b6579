import { parseArgs } from 'node:util'
import { fuzzBroker } from './fuzz-broker.ts'
import { realTarget, simulatedTarget } from './targets.ts'

/** Fuzzes whole brokers for as long as asked: `--seconds 60 --seed 1`, `--real` on sockets and a disk. */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string' },
    frames: { type: 'string', default: '3000' },
    real: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const frameCount = Number(values.frames)
const firstSeed =
  values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
if (!(seconds > 0) || !Number.isSafeInteger(firstSeed) || !(frameCount > 0)) {
  console.error(
    'usage: node --conditions=ottla-src packages/broker/fuzz/main.ts ' +
      '--seconds N --seed S [--frames N to each broker] [--real]',
  )
  process.exit(1)
}

console.log(`fuzzing brokers for ${seconds} s from seed ${firstSeed}`)
const end = performance.now() + seconds * 1000
const total = { brokers: 0, frames: 0, answers: 0, closed: 0 }
for (let seed = firstSeed; performance.now() < end; seed++) {
  const target = values.real ? realTarget() : simulatedTarget(seed)
  const goOn = (): boolean => performance.now() < end
  const { frames, answers, closed } = await fuzzBroker(target, seed, frameCount, goOn)
  total.brokers += 1
  total.frames += frames
  total.answers += answers
  total.closed += closed
}
const { heapUsed, rss } = process.memoryUsage()
console.log(
  `${total.brokers} brokers, ${total.frames} frames: ${total.answers} answered, ` +
    `${total.closed} connections closed by the broker; ` +
    `heap ${Math.round(heapUsed / 1e6)} MB, process ${Math.round(rss / 1e6)} MB`,
)
