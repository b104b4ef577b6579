/**
 * Runs the fuzzers, one after the other.
 *
 *   npm run fuzz -- --seconds 600            each for so long (default 10)
 *   npm run fuzz -- --minutes 60             the same in minutes
 *   npm run fuzz -- --seed 7                 from that seed
 *   npm run fuzz -- --only protocol          (or records, broker) one of them
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
})

const seconds = values.minutes === undefined ? values.seconds : `${Number(values.minutes) * 60}`

for (const file of globSync('packages/*/fuzz/main.ts').sort()) {
  if (values.only !== undefined && !file.includes(`packages/${values.only}/`)) continue
  console.log(`${file} --seconds ${seconds} --seed ${values.seed}`)
  const { status } = spawnSync(
    process.execPath,
    ['--conditions=ottla-src', file, '--seconds', seconds, '--seed', values.seed],
    { stdio: 'inherit' },
  )
  if (status !== 0) process.exitCode = status ?? 1
}
