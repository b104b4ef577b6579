import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  FeatureUpdateKey,
  UpdateFeaturesRequest,
  UpdateFeaturesResponseInput,
} from '@ottla/protocol/messages/update-features'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import { METADATA_VERSION } from '../image/record-versions.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { supportedFeatures } from './bootstrap.ts'
import type { ControllerEnvironment } from './environment.ts'

/** `upgradeType` of the request. */
const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const UNSAFE_DOWNGRADE = 3

/**
 * UpdateFeatures (key 57), versions 0–2 (KIP-584, KIP-778).
 *
 * Sets the levels of features for the whole cluster: all that are asked for, or none.
 *
 *   v0  an upgrade only (what it says of downgrades counts for nothing, as on Kafka)
 *   v1  kinds of upgrades, validate-only      v2  answers no feature one by one
 *
 * metadata.version never goes back: what newer records say would be lost.
 *
 * @throws {KafkaError} INVALID_UPDATE_VERSION
 */
export function updateFeatures(
  image: MetadataImage,
  { featureUpdates, validateOnly }: UpdateFeaturesRequest,
  version: number,
  { nodeId }: ControllerEnvironment,
): Decision<MetadataRecord, UpdateFeaturesResponseInput> {
  const records: MetadataRecord[] = []
  for (const update of featureUpdates) {
    const reason = objection(image, update, nodeId)
    if (reason !== null) {
      throw new KafkaError(
        'INVALID_UPDATE_VERSION',
        `The update failed for all features since the following feature had an error: ${reason}`,
      )
    }
    if (update.maxVersionLevel === image.featureLevel(update.feature)) continue
    records.push({
      type: 'FeatureLevelRecord',
      version: 0,
      value: { name: update.feature, featureLevel: update.maxVersionLevel },
    })
  }
  const results = featureUpdates.map(({ feature }) => ({
    feature,
    errorCode: NO_ERROR,
    errorMessage: 'NONE',
  }))
  return {
    records: validateOnly ? [] : records,
    reply: {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      errorMessage: null,
      results: version <= 1 ? results : [],
    },
  }
}

/** Why a feature cannot have that level; null when it can. */
function objection(
  image: MetadataImage,
  { feature, maxVersionLevel: level, upgradeType }: FeatureUpdateKey,
  nodeId: number,
): string | null {
  const current = image.featureLevel(feature)
  const invalid = (reason: string): string =>
    `Invalid update version ${level} for feature ${feature}. ${reason}`
  if (![UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE].includes(upgradeType)) {
    return invalid('The controller does not support the given upgrade type.')
  }
  if (level < 0) return invalid('A feature version cannot be less than 0.')
  const supported = supportedFeatures.get(feature)
  if (supported === undefined) {
    return invalid(`Local controller ${nodeId} does not support this feature.`)
  }
  if (level > supported.max || level < supported.min) {
    return invalid(
      `Local controller ${nodeId} only supports versions ${supported.min}-${supported.max}`,
    )
  }
  for (const { id, features } of image.brokers.values()) {
    const range = features.get(feature)
    if (range === undefined) {
      if (level > 0) return invalid(`Broker ${id} does not support this feature.`)
    } else if (level > range.max || level < range.min) {
      return invalid(`Broker ${id} only supports versions ${range.min}-${range.max}`)
    }
  }
  if (level > current)
    return upgradeType === UPGRADE ? null : invalid("Can't downgrade to a newer version.")
  if (level === current) return null
  if (upgradeType === UPGRADE) {
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or " +
        'unsafe downgrade.',
    )
  }
  if (feature !== METADATA_VERSION) return null
  const downgrade = `Unsupported metadata.version downgrade from ${current} to ${level}.`
  return upgradeType === UNSAFE_DOWNGRADE
    ? `${downgrade} Unsafe metadata downgrade is not supported in this version.`
    : `${downgrade} Refusing to perform the requested downgrade because it might delete metadata information.`
}
