/**
 * Lives through seeded worlds: a broker that is killed, crashed and cut off, with clients around it.
 *
 *   node --conditions=ottla-src tests/simulation/run.ts [--seeds N] [--seed S] [--promises P] [--trace FILE]
 *
 *   --seeds N     how many worlds; default 100
 *   --seed S      the first one; alone, just that one
 *   --promises P  durable, written or lossy; default: as the seed has it
 *   --trace FILE  writes what happened in the last world
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { allPromises } from './promises.ts'
import { runSeed, SimulationFailure } from './run-seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    promises: { type: 'string' },
    trace: { type: 'string' },
  },
})
const first = Number(values.seed ?? 1)
const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1))
const promises = allPromises.find((each) => each === values.promises)
if (!Number.isInteger(first) || !Number.isInteger(count)) {
  console.error('--seed and --seeds are whole numbers')
  process.exit(1)
}

let failures = 0
for (let seed = first; seed < first + count; seed++) {
  let world
  try {
    const run = await runSeed(seed, { promises })
    world = run.world
    const seconds = Math.round(run.virtualMs / 1000)
    console.log(
      `seed ${seed} ${run.promises}: ${run.recordCount} records, ${seconds} s, ${run.hash.slice(0, 12)}`,
    )
  } catch (error) {
    failures += 1
    console.error(error instanceof SimulationFailure ? error.message : error)
    if (error instanceof SimulationFailure) world = error.world
  }
  if (values.trace !== undefined && world !== undefined) {
    writeFileSync(values.trace, `${world.simulation.trace.toString()}\n`)
  }
}
if (failures > 0) {
  console.error(`${failures} of ${count} worlds failed`)
  process.exitCode = 1
}
