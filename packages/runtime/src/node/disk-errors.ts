import { DiskError, type DiskErrorCode } from '../disk.ts'

const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  EEXIST: 'ALREADY_EXISTS',
  ENOTEMPTY: 'ALREADY_EXISTS',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  EROFS: 'READ_ONLY',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EMFILE: 'TOO_MANY_OPEN_FILES',
  ENFILE: 'TOO_MANY_OPEN_FILES',
  ENOTDIR: 'NOT_A_DIRECTORY',
  EISDIR: 'IS_A_DIRECTORY',
  EBADF: 'CLOSED',
}

/** Any failure of node:fs as a DiskError about `path`. */
export function diskError(error: unknown, path: string): DiskError {
  if (error instanceof DiskError) return error
  const cause = error as NodeJS.ErrnoException
  return new DiskError(codes[cause.code ?? ''] ?? 'DISK_FAILED', path, cause.message, { cause })
}

/** Runs a step of node:fs; what it throws becomes a DiskError about `path`. */
export function onDisk<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw diskError(error, path)
  }
}
