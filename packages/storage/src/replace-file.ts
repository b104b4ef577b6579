import type { Disk } from '@ottla/runtime'

/**
 * As `Disk.replaceFile`, off the event loop: for files that are written while requests are served. One
 * call at a time for a path.
 */
export async function replaceFileAsync(disk: Disk, path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`
  const file = disk.open(temporary, 'write')
  try {
    file.truncate(0)
    file.write([Buffer.from(content)], 0)
    await file.sync()
  } finally {
    file.close()
  }
  disk.rename(temporary, path)
  await disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')
}
