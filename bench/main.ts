/**
 * npm run bench                    Ottla beside Apache Kafka 4.3.1: brokers under load
 * npm run bench -- scale           10,000 partitions on one broker; a partition of 100 GB
 * npm run bench -- storage         recovery, reads of old data, compaction, latency meanwhile
 * npm run bench -- --quick         the same, shorter rounds and fewer of them
 * npm run bench -- --json FILE     writes the figures too
 * npm run bench -- --only ottla    (or kafka) one broker alone
 * npm run bench -- --filter TEXT   only what has TEXT in its name
 * npm run bench -- --unpinned      brokers may use every core
 */
import { parseArgs } from 'node:util'
import { compareBrokers } from './broker/compare-brokers.ts'
import { compareStorage } from './disk/compare-storage.ts'
import { compareScale } from './scale/compare-scale.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    filter: { type: 'string', default: '' },
    unpinned: { type: 'boolean', default: false },
  },
})
const suites = { brokers: compareBrokers, scale: compareScale, storage: compareStorage }
const { only, ...options } = values
const [suite = 'brokers', ...others] = positionals
if (only !== undefined && only !== 'ottla' && only !== 'kafka') {
  fail(`--only ${only}: it is ottla or kafka`)
}
if (others.length > 0 || !(suite in suites)) {
  fail(`${positionals.join(' ')}: there are the suites ${Object.keys(suites).join(', ')}`)
}
await suites[suite as keyof typeof suites](only === undefined ? options : { ...options, only })

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
