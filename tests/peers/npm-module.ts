import { createRequire } from 'node:module'

/** Loads a package from the folder that tests/peers/install.sh filled (OTTLA_PEER_MODULES). */
export function npmModule(name: string): unknown {
  const folder = process.env['OTTLA_PEER_MODULES']
  if (folder === undefined) throw new Error('OTTLA_PEER_MODULES names no folder of installed peers')
  return createRequire(`${folder}/`)(name)
}
