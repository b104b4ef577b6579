/**
 * npm run bench                    Ottla beside Apache Kafka 4.3.1
 * npm run bench -- --quick         the same, shorter rounds and fewer of them
 * npm run bench -- --json FILE     writes the figures too
 * npm run bench -- --only ottla    (or kafka) one broker alone
 * npm run bench -- --filter TEXT   only the loads whose name contains TEXT
 * npm run bench -- --unpinned      brokers may use every core
 */
import { parseArgs } from 'node:util'
import { compareBrokers } from './broker/compare-brokers.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    filter: { type: 'string', default: '' },
    unpinned: { type: 'boolean', default: false },
  },
})
const { only, ...options } = values
if (only !== undefined && only !== 'ottla' && only !== 'kafka') {
  console.error(`--only ${only}: it is ottla or kafka`)
  process.exit(1)
}
await compareBrokers(only === undefined ? options : { ...options, only })
