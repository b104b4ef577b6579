/**
 * Runs the tests.
 *
 *   npm test                      the packages' tests, then simulation, acceptance and interop
 *   npm test -- packages/storage  only the test files under a path
 *   npm test -- --test-name-pattern='torn tail'
 *
 * Interop tests skip, with a line that says how to install it, each peer that is missing.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const places = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))

const files = globSync(['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'], {
  exclude: ['**/node_modules/**'],
})
  .filter((file) => places.length === 0 || places.some((place) => file.startsWith(place)))
  .sort()
if (files.length === 0) {
  console.error(`no test file under ${places.join(' ')}`)
  process.exit(1)
}

const unit = files.filter((file) => file.startsWith('packages/'))
const whole = files.filter((file) => !file.startsWith('packages/'))

/** Node's runner over some files; resolves with its exit code. */
function run(batch: readonly string[], ...runnerOptions: string[]): Promise<number> {
  if (batch.length === 0) return Promise.resolve(0)
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--conditions=ottla-src', '--test', ...runnerOptions, ...options, ...batch],
      {
        stdio: 'inherit',
        env: { ...process.env, NODE_COMPILE_CACHE: 'node_modules/.cache/compile' },
      },
    )
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

// Whole-system tests start brokers and peers of their own: one file at a time keeps them honest on
// a small machine.
// A file that does not end, since a failed test left something open, is a failure and no wait.
const unitCode = await run(
  unit,
  `--test-concurrency=${availableParallelism()}`,
  '--test-timeout=300000',
)
const wholeCode = await run(whole, '--test-concurrency=1', '--test-timeout=900000')
process.exitCode = unitCode || wholeCode
