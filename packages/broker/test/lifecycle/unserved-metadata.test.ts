import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ImageDraft, MetadataImage } from '@ottla/metadata'
import { silentLogger } from '@ottla/runtime'
import type { Logger } from '@ottla/runtime'
import { warnOfUnserved } from '../../src/lifecycle/unserved-metadata.ts'

function warningsOf(image: MetadataImage): string[] {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) }
  warnOfUnserved(image, logger)
  return warnings
}

test('a cluster without ACLs and credentials starts without a warning', () => {
  assert.deepEqual(warningsOf(MetadataImage.empty), [])
})

test('ACLs and credentials that Apache Kafka left are told of: nothing enforces them', () => {
  const draft = new ImageDraft(MetadataImage.empty)
  const acl = {
    id: 'QNu9Al2AT8SKGqlhkudOHQ',
    resourceType: 2,
    resourceName: 'letters',
    patternType: 3,
    principal: 'User:milena',
    host: '*',
    operation: 3,
    permissionType: 3,
  }
  draft.apply({ type: 'AccessControlEntryRecord', version: 0, value: acl }, 1)
  const credential = {
    name: 'milena',
    mechanism: 1,
    salt: Buffer.alloc(1),
    storedKey: Buffer.alloc(1),
    serverKey: Buffer.alloc(1),
    iterations: 4096,
  }
  draft.apply({ type: 'UserScramCredentialRecord', version: 0, value: credential }, 2)
  const [acls, credentials, ...others] = warningsOf(draft.finish().image)
  assert.match(acls ?? '', /ACLs, which are kept and not enforced/)
  assert.match(credentials ?? '', /credentials, which are kept and not used/)
  assert.deepEqual(others, [])
})
