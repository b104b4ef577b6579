/**
 * Names outside of the tables that a server.properties may hold all the same: settings of plug-ins,
 * per-listener forms, and what Kafka 4 removed. They are kept for DescribeConfigs and do nothing.
 */

const prefixes: readonly RegExp[] = [
  /^listener\.name\.[^.]+\../,
  /^config\.providers\../,
  /^rlmm\.config\./,
  /^rsm\.config\./,
  /^remote\.log\.(storage|metadata)\.manager\.impl\./,
  /^metrics\.jmx\./,
  /^metrics\.context\./,
  /^ssl\./,
  /^sasl\./,
  /^oauth\./,
  /^strimzi\./,
  /^confluent\./,
  /^client\.quota\.callback\.static\./,
]

/** The standard authorizer's and other plug-ins' own names. */
const plugInNames: ReadonlySet<string> = new Set([
  'super.users',
  'allow.everyone.if.no.acl.found',
  'kafka.csv.metrics.dir',
  'kafka.csv.metrics.reporter.enabled',
])

const removedNames: ReadonlySet<string> = new Set([
  'advertised.host.name',
  'advertised.port',
  'broker.id.generation.enable',
  'control.plane.listener.name',
  'controlled.shutdown.max.retries',
  'controlled.shutdown.retry.backoff.ms',
  'delegation.token.master.key',
  'eligible.leader.replicas.enable',
  'host.name',
  'inter.broker.protocol.version',
  'log.message.downconversion.enable',
  'log.message.format.version',
  'log.message.timestamp.difference.max.ms',
  'offsets.commit.required.acks',
  'port',
  'producer.id.quota.window.num',
  'quota.consumer.default',
  'quota.producer.default',
  'replica.fetch.max.block.size',
  'reserved.broker.max.id',
])

/** Whether `name` belongs to a plug-in, or gives a listener its own value. */
export function isPlugInName(name: string): boolean {
  return plugInNames.has(name) || prefixes.some((prefix) => prefix.test(name))
}

/** Whether Kafka once knew `name` (ZooKeeper's among them) and now passes over it. */
export function isRemovedName(name: string): boolean {
  return (
    removedNames.has(name) || name.startsWith('zookeeper.') || name.startsWith('password.encoder.')
  )
}
