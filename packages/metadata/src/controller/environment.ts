import type { Random } from '@ottla/runtime'
import type { ConfigRules, TopicConfigLayers } from './config-rules.ts'
import type { ControllerSettings } from './controller-settings.ts'
import { CONFIG_RESOURCE_TYPES } from '../image/config-resource.ts'
import type { ConfigEntries, MetadataImage } from '../image/metadata-image.ts'

/** What decisions need besides the image and the request. */
export interface ControllerEnvironment {
  /** This controller's node id. */
  readonly nodeId: number
  readonly clusterId: string
  readonly settings: ControllerSettings
  readonly configs: ConfigRules
  readonly random: Random
}

/** The layers of a topic's settings, as this controller sees them. */
export function topicConfigLayers(
  image: MetadataImage,
  nodeId: number,
  topic: ConfigEntries,
): TopicConfigLayers {
  return {
    topic,
    broker: image.config(CONFIG_RESOURCE_TYPES.broker, String(nodeId)),
    cluster: image.config(CONFIG_RESOURCE_TYPES.broker, ''),
  }
}
