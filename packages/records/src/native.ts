import { createRequire } from 'node:module'

/**
 * Native addons, loaded at their first use and not before: each costs 4–7 ms and 7–10 MB, and most
 * brokers never see most codecs. Where one does not load (a platform without a build of it) the caller
 * gets undefined and uses its plain TypeScript twin.
 */
export type NativeName = '@node-rs/crc32' | 'lz4-napi' | 'snappy'

const require = createRequire(import.meta.url)
const loaded = new Map<NativeName, unknown>()

export function native<Module>(name: NativeName): Module | undefined {
  if (!loaded.has(name)) loaded.set(name, tryRequire(name))
  return loaded.get(name) as Module | undefined
}

/** For tests and benchmarks of the fallbacks: from now on `name` counts as not loadable, or again as it is. */
export function disableNative(name: NativeName, isDisabled: boolean): void {
  if (isDisabled) loaded.set(name, undefined)
  else loaded.delete(name)
}

function tryRequire(name: NativeName): unknown {
  try {
    return require(name) as unknown
  } catch {
    return undefined // no build for this platform: the fallback does the same, slower
  }
}
