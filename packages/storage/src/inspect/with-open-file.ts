import type { Disk, DiskFile } from '@ottla/runtime'

/** What `read` yields of a file that is open for reading only, and closed in the end. */
export async function* withOpenFile<Item>(
  disk: Disk,
  path: string,
  read: (file: DiskFile) => AsyncGenerator<Item>,
): AsyncGenerator<Item> {
  const file = disk.open(path, 'read')
  try {
    yield* read(file)
  } finally {
    file.close()
  }
}
