#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: finds the code and a Node that can run it.
//
//   installed   ../dist/cli.js, on this Node
//   in a clone  ../src/cli.ts, on this Node when it runs TypeScript as it is; otherwise on the one that
//               the clone has installed

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const isClone = existsSync(join(here, '../src/cli.ts'))

/** A broker has loaded by then what it needs, and a short command has ended. */
const KEEP_CACHE_AFTER_MS = 2_000

const [major, minor] = process.versions.node.split('.').map(Number)
const isRecent = major > 24 || (major === 24 && minor >= 11)

if (isRecent) {
  // The second start takes a third of the CPU with it and, in a clone, 25 MB less: nothing is compiled
  // from TypeScript. Node keeps it when a process ends by itself, but a broker may be killed.
  module.enableCompileCache()
  setTimeout(() => module.flushCompileCache(), KEEP_CACHE_AFTER_MS).unref()
  if (isClone) resolveToSources()
  const { run } = await import(isClone ? '../src/cli.ts' : '../dist/cli.js')
  await run()
} else if (isClone) {
  runWith(installedNode())
} else {
  fail(`Ottla needs Node 24.11 or later; this is ${process.version}`)
}

/** Packages of the clone name their sources under a condition of their own. */
function resolveToSources() {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: ['ottla-src', ...context.conditions] }),
  })
}

/** The Node that npm put into the clone, in the nearest node_modules above. */
function installedNode() {
  for (let directory = here; ; directory = dirname(directory)) {
    const node = join(directory, 'node_modules/.bin/node')
    if (existsSync(node)) return node
    if (directory === dirname(directory)) break
  }
  return fail(
    `Ottla needs Node 24.11 or later; this is ${process.version}. ` +
      '`npm ci` in the clone installs one.',
  )
}

/** Becomes that Node, or, where a process cannot, stands in for it: signals and exit code pass through. */
function runWith(node) {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  if (typeof process.execve === 'function') process.execve(node, ['node', ...args], process.env)
  // Detached, because a terminal sends Ctrl-C to a whole group and it must arrive once. The channel
  // tells the child when this process was killed.
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128
    if (signal === null) return
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fail(message) {
  console.error(`ottla: ${message}`)
  process.exit(1)
}
