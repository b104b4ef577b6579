import type {
  AlterConfigsRequest,
  AlterConfigsResource,
  AlterConfigsResponseInput,
} from '@ottla/protocol/messages/alter-configs'
import type { AlterConfigsResource as IncrementalResource } from '@ottla/protocol/messages/incremental-alter-configs'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import type { ControllerEnvironment } from './environment.ts'
import { DELETE, incrementalAlterConfigs, SET } from './incremental-alter-configs.ts'

/**
 * AlterConfigs (key 33), versions 0–2: what a resource is given replaces all that was set on it.
 *
 *   v2  flexible encoding (KIP-482)
 *
 * The same as setting what is given and deleting the rest, decided against one image.
 */
export function alterConfigs(
  image: MetadataImage,
  { resources, validateOnly }: AlterConfigsRequest,
  environment: ControllerEnvironment,
): Decision<MetadataRecord, AlterConfigsResponseInput> {
  const incremental = resources.map((resource) => replacement(image, resource))
  return incrementalAlterConfigs(image, { resources: incremental, validateOnly }, environment)
}

function replacement(
  image: MetadataImage,
  { resourceType, resourceName, configs }: AlterConfigsResource,
): IncrementalResource {
  const given = new Set(configs.map(({ name }) => name))
  const rest = [...image.config(resourceType, resourceName).keys()].filter(
    (name) => !given.has(name),
  )
  return {
    resourceType,
    resourceName,
    configs: [
      ...configs.map(({ name, value }) => ({ name, value, configOperation: SET })),
      ...rest.map((name) => ({ name, value: null, configOperation: DELETE })),
    ],
  }
}
