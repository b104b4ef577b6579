import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '@ottla/runtime'
import { NodeDisk } from '@ottla/runtime/node'

// Node's `mkdir` with `recursive` never returns there.
test(
  'a directory that the kernel will not make is an error, not a wait',
  { skip: process.platform === 'linux' ? false : 'there is no /proc' },
  () => {
    assert.throws(
      () => new NodeDisk().makeDirectory('/proc/ottla/data'),
      (error) => error instanceof DiskError && error.path === '/proc/ottla/data',
    )
  },
)
