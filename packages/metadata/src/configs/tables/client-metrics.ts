/** A client metrics subscription's settings (KIP-714). Columns: see setting-table.ts. */
export const clientMetricsRows: string = `
interval.ms | int | 300000 | | medium | | How often a client pushes its metrics.
match | list | | | medium | | Which clients the subscription is for, as selector=pattern.
metrics | list | | | medium | | Prefixes of the metrics that are wanted; "*" is all.
`
