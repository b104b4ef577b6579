import assert from 'node:assert/strict'
import { UpdateFeaturesApi } from '@ottla/protocol/messages/update-features'
import { behaviour } from '../support/behaviour.ts'
import type { Subject } from '../support/behaviour.ts'

const timeoutMs = 1_000
const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const UNSAFE_DOWNGRADE = 3

async function update(
  { client }: Subject,
  [feature, maxVersionLevel, upgradeType]: readonly [string, number, number],
  version = 1,
  validateOnly = false,
) {
  return client.request(UpdateFeaturesApi, version, {
    timeoutMs,
    featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
    ...(version > 0 && { validateOnly }),
  })
}

behaviour('UpdateFeatures takes a feature down and up again', async (subject) => {
  const done = {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    results: [{ feature: 'share.version', errorCode: 0, errorMessage: 'NONE' }],
  }
  // Validated only: it can still be taken down.
  assert.deepEqual(await update(subject, ['share.version', 0, SAFE_DOWNGRADE], 1, true), done)
  assert.deepEqual(await update(subject, ['share.version', 0, SAFE_DOWNGRADE]), done)
  const up = await update(subject, ['share.version', 1, SAFE_DOWNGRADE])
  assert.match(up.errorMessage ?? '', /Can't downgrade to a newer version\.$/)
  assert.deepEqual(await update(subject, ['share.version', 1, UPGRADE]), done)
  assert.deepEqual(await update(subject, ['share.version', 1, UNSAFE_DOWNGRADE]), done)
  assert.deepEqual(await update(subject, ['share.version', 1, UPGRADE], 2), {
    ...done,
    results: [],
  })
})

behaviour('UpdateFeatures says why a level cannot be', async (subject) => {
  for (const [asked, reason] of [
    [['nope', 1, UPGRADE], 'Local controller 1 does not support this feature.'],
    [['share.version', 2, UPGRADE], 'Local controller 1 only supports versions 0-1'],
    [['metadata.version', 99, UPGRADE], 'Local controller 1 only supports versions 7-30'],
    [['share.version', -1, SAFE_DOWNGRADE], 'A feature version cannot be less than 0.'],
    [['share.version', 0, 9], 'The controller does not support the given upgrade type.'],
    [
      ['metadata.version', 29, UPGRADE],
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    ],
    [
      ['metadata.version', 29, SAFE_DOWNGRADE],
      'Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.',
    ],
    [
      ['metadata.version', 29, UNSAFE_DOWNGRADE],
      'Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this version.',
    ],
  ] as const) {
    const [feature, level] = asked
    const answer = await update(subject, asked)
    const isMetadataDowngrade = reason.startsWith('Unsupported metadata.version')
    const what = isMetadataDowngrade
      ? ''
      : `Invalid update version ${level} for feature ${feature}. `
    assert.deepEqual(answer, {
      throttleTimeMs: 0,
      errorCode: 95,
      errorMessage:
        'The update failed for all features since the following feature had an error: ' +
        `${what}${reason}`,
      results: [],
    })
  }
})
