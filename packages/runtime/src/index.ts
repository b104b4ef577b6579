export { LogLevels, ROOT_LOGGER } from './log-levels.ts'
export { assert, InvariantError } from './assert.ts'
export type { Clock, Timer } from './clock.ts'
export { DiskError } from './disk.ts'
export type {
  DirectoryEntry,
  Disk,
  DiskErrorCode,
  DiskFile,
  DiskLock,
  DiskSpace,
  FileStatus,
} from './disk.ts'
export type { EventLoopDelay, GarbageCollections, Health, HealthReading } from './health.ts'
export { silentLogger } from './log.ts'
export type { LogFields, Logger, LogLevel } from './log.ts'
export { NetworkError } from './network.ts'
export type {
  ConnectOptions,
  Listener,
  ListenOptions,
  Network,
  NetworkErrorCode,
  Socket,
  SocketHandler,
} from './network.ts'
export type { Random } from './random.ts'
export type { Runtime } from './runtime.ts'
