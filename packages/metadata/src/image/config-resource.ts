/** What settings are kept for, with Kafka's numbers (ConfigResource.Type). */
export const CONFIG_RESOURCE_TYPES = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const

export type ConfigResourceType = (typeof CONFIG_RESOURCE_TYPES)[keyof typeof CONFIG_RESOURCE_TYPES]

/** A resource as a map's key. */
export function configKey(type: number, name: string): string {
  return `${type}:${name}`
}
