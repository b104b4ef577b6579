import { generatedHeader } from './header.ts'

export interface ErrorJson {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
  readonly invalidMetadata: boolean
  readonly meaning: string
}

export interface ApiJson {
  readonly key: number
  readonly name: string
  readonly validVersions: readonly [number, number] | null
  readonly stableMax?: number
  readonly flexibleFrom?: number | null
  readonly listeners?: readonly string[]
  readonly brokerAdvertises: readonly [number, number] | null
  readonly controllerAdvertises: readonly [number, number] | null
  readonly clusterAction?: boolean
  readonly forwardable?: boolean
}

/** `errorTable`: one row an error, in the order of the codes. */
export function errorTable(errors: readonly ErrorJson[]): string {
  const rows = errors.map(
    ({ name, code, retriable, invalidMetadata, meaning }) =>
      `  ${name}: { code: ${code}, retriable: ${retriable}, invalidMetadata: ${invalidMetadata}, ` +
      `meaning: ${quoted(meaning)} },`,
  )
  const lines = [
    generatedHeader,
    "import type { ErrorRow } from '../error-row.ts'",
    '',
    'export type ErrorName =',
    ...errors.map(({ name }) => `  | '${name}'`),
    '',
    'export const errorTable: Readonly<Record<ErrorName, ErrorRow>> = {',
    ...rows,
    '}',
    '',
  ]
  return lines.join('\n')
}

/** `apiKeys`: one row an API that is not retired, in the order of the keys. */
export function apiTable(apis: readonly ApiJson[]): string {
  const live = apis.filter((api) => api.validVersions !== null)
  const rows = live.flatMap((api) => [
    '  {',
    `    key: ${api.key},`,
    `    name: '${api.name}',`,
    `    stem: '${stemOf(api.name)}',`,
    `    versions: ${range(api.validVersions)},`,
    `    stableVersions: ${range([api.validVersions![0], api.stableMax ?? api.validVersions![1]])},`,
    `    firstFlexibleVersion: ${api.flexibleFrom ?? 'Infinity'},`,
    `    brokerVersions: ${range(api.brokerAdvertises)},`,
    `    controllerVersions: ${range(api.controllerAdvertises)},`,
    `    onBroker: ${api.listeners?.includes('broker') ?? false},`,
    `    onController: ${api.listeners?.includes('controller') ?? false},`,
    `    clusterAction: ${api.clusterAction ?? false},`,
    `    forwardable: ${api.forwardable ?? false},`,
    '  },',
  ])
  const lines = [
    generatedHeader,
    "import type { ApiKey } from '../api-key.ts'",
    '',
    'export type ApiName =',
    ...live.map(({ name }) => `  | '${name}'`),
    '',
    'export const apiTable: readonly ApiKey[] = [',
    ...rows,
    ']',
    '',
  ]
  return lines.join('\n')
}

/** ListOffsets → list-offsets: the name of the file of an API's messages. */
export function stemOf(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`\'`)}'`
}

function range(versions: readonly [number, number] | null): string {
  return versions === null ? 'null' : `{ from: ${versions[0]}, to: ${versions[1]} }`
}
