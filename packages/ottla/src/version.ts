import { createRequire } from 'node:module'

/** Of this package, as its package.json says. */
export const version: string = (
  createRequire(import.meta.url)('../package.json') as { version: string }
).version
