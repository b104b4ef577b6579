/**
 * Lives through seeded worlds: logs on a disk that fails in every way, and a broker that is killed,
 * crashed and cut off, with clients around it.
 *
 *   node --conditions=ottla-src tests/simulation/run.ts [--world W] [--seeds N] [--seed S] [--promises P] [--trace FILE]
 *   node --conditions=ottla-src tests/simulation/run.ts --kill N
 *
 *   --world W     storage or broker; default both
 *   --seeds N     how many worlds of each; default 100
 *   --seed S      the first one; alone, just that one
 *   --promises P  of a broker's world: durable, written or lossy; default: as the seed has it
 *   --trace FILE  writes what happened in the last broker's world
 *   --kill N      no worlds: a real broker on the real disk, killed N times while clients write
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { killRounds } from './kill/kill-rounds.ts'
import { allPromises } from './promises.ts'
import { runSeed, SimulationFailure } from './run-seed.ts'
import { runStorageSeed } from './storage/run-storage-seed.ts'
import type { World } from './world.ts'

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'both' },
    seeds: { type: 'string' },
    seed: { type: 'string' },
    promises: { type: 'string' },
    trace: { type: 'string' },
    kill: { type: 'string' },
  },
})
const first = Number(values.seed ?? 1)
const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1))
const promises = allPromises.find((each) => each === values.promises)
const rounds = Number(values.kill ?? 0)
if (!Number.isInteger(rounds) || rounds < 0) {
  console.error('--kill is a whole number')
  process.exit(1)
}
if (!Number.isInteger(first) || !Number.isInteger(count)) {
  console.error('--seed and --seeds are whole numbers')
  process.exit(1)
}
if (!['both', 'storage', 'broker'].includes(values.world)) {
  console.error('--world is storage, broker or both')
  process.exit(1)
}

if (rounds > 0) {
  const { acknowledged, breaches } = await killRounds(rounds)
  for (const breach of breaches.slice(0, 50)) console.error(breach)
  console.log(`${rounds} kills, ${acknowledged} records acknowledged, ${breaches.length} breaches`)
  process.exit(breaches.length > 0 ? 1 : 0)
}

let failures = 0
let worlds = 0
if (values.world !== 'broker') {
  let records = 0
  for (let seed = first; seed < first + count; seed++) {
    worlds += 1
    try {
      records += (await runStorageSeed(seed)).recordCount
    } catch (error) {
      failures += 1
      console.error(error instanceof Error ? error.message : error)
    }
    if (worlds % 100 === 0) console.log(`storage: ${worlds} worlds, ${records} records`)
  }
}
if (values.world !== 'storage') {
  for (let seed = first; seed < first + count; seed++) {
    worlds += 1
    const world = await liveOnce(seed)
    if (values.trace !== undefined && world !== null) {
      writeFileSync(values.trace, `${world.simulation.trace.toString()}\n`)
    }
  }
}
if (failures > 0) process.exitCode = 1
console.log(`${failures} of ${worlds} worlds failed`)

async function liveOnce(seed: number): Promise<World | null> {
  try {
    const run = await runSeed(seed, { promises })
    const seconds = Math.round(run.virtualMs / 1000)
    console.log(
      `seed ${seed} ${run.promises}: ${run.recordCount} records, ${seconds} s, ${run.hash.slice(0, 12)}`,
    )
    return run.world
  } catch (error) {
    failures += 1
    console.error(error instanceof SimulationFailure ? error.message : error)
    return error instanceof SimulationFailure ? error.world : null
  }
}
