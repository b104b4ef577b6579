/**
 * Settings that Kafka does not have; see SettingTable for the form. They are marked internal: Kafka's
 * tools are shown Kafka's settings.
 */
export const ottlaRows = `
ottla.http.listener | string | ~ | form address | medium internal acts | read-only | Where /metrics and /health are served over HTTP, as host:port; whoever reaches it can read it, so 127.0.0.1 or a private network.
ottla.metrics.series.max | int | 1000 | 1.. | low internal acts | read-only | How many topics, how many partitions, and how many partitions of groups have metrics of their own; all others are added up.
`
