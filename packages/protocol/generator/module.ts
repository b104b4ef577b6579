import { generatedHeader } from './header.ts'
import { interfaces, rangeText } from './interfaces.ts'
import { defaultValue, readFunction } from './read-function.ts'
import { parseMessage, type Message, type MessageJson, type Struct } from './schema.ts'
import { isEmpty } from './versions.ts'
import { isDefaultFunction, writeFunction } from './write-function.ts'

/** Names that a structure must not take from the module around it. */
const foreignNames = ['Reader', 'Writer', 'Buffer', 'Int64', 'Api', 'MessageCodec', 'Number']

/** The source of one file: all messages of one stem, such as a request and its response. */
export function moduleSource(schema: Readonly<Record<string, MessageJson>>): string {
  const messages = Object.values(schema).map(parseMessage)
  const shared = shareNames(messages)
  const body: string[] = []
  for (const message of messages) body.push(...messageSource(message, shared))
  const [request, response] = messages
  if (request?.type === 'request' && response?.type === 'response') {
    body.push(...apiSource(request, response))
  }
  return [generatedHeader, ...imports(body.join('\n')), '', ...body].join('\n')
}

/**
 * Gives every structure a name of its own. A request and its response may name theirs alike: where
 * they are alike too, one does for both, otherwise the message's name goes before.
 *
 * @returns The structures of later messages that an earlier one has already declared.
 */
function shareNames(messages: readonly Message[]): Set<Struct> {
  const shared = new Set<Struct>()
  const [first, second] = messages
  if (first === undefined || second === undefined) return shared
  const clashing: [Struct, Struct][] = []
  for (const struct of first.structs) {
    const other = second.structs.find((candidate) => candidate.name === struct.name)
    if (other !== undefined) clashing.push([struct, other])
  }
  for (const [struct, other] of clashing) {
    if (first.flexible.from === second.flexible.from && isAlike(struct, other)) shared.add(other)
  }
  // A structure stays shared only when all the structures inside of it are.
  for (let changed = true; changed;) {
    changed = false
    for (const other of shared) {
      const inner = other.fields.map((field) =>
        field.type.kind === 'array' ? field.type.element : field.type,
      )
      if (inner.some((type) => type.kind === 'struct' && !shared.has(type.struct))) {
        shared.delete(other)
        changed = true
      }
    }
  }
  for (const [struct, other] of clashing) {
    if (shared.has(other)) continue
    struct.name = first.name + struct.name
    other.name = second.name + other.name
  }
  return shared
}

function isAlike(a: Struct, b: Struct): boolean {
  return (
    JSON.stringify(a.json) === JSON.stringify(b.json) &&
    a.versions.from === b.versions.from &&
    a.versions.to === b.versions.to
  )
}

function messageSource(message: Message, shared: ReadonlySet<Struct>): string[] {
  const mayHoldTags = !isEmpty(message.flexible)
  const own = message.structs.filter((struct) => !shared.has(struct))
  const all = [...own, message.root]
  for (const { name } of all) {
    if (foreignNames.includes(name)) throw new Error(`a structure must not be named ${name}`)
  }
  const lines: string[] = []
  const { from, to } = message.versions
  const flexible = mayHoldTags ? `flexible from ${message.flexible.from}` : 'never flexible'
  lines.push(
    ...interfaces(
      message.root,
      `${message.name}, ${rangeText(message.versions)}, ${flexible}.`,
      mayHoldTags,
    ),
  )
  for (const struct of own.toReversed()) {
    lines.push(...interfaces(struct, `Part of ${message.name}.`, mayHoldTags))
  }
  lines.push(
    `export const ${message.name}: MessageCodec<${message.name}, ${message.name}Input> = {`,
    `  name: '${message.name}',`,
    `  apiKey: ${message.apiKey},`,
    `  lowestVersion: ${from},`,
    `  highestVersion: ${to},`,
    `  firstFlexibleVersion: ${mayHoldTags ? message.flexible.from : 'Infinity'},`,
    '  read(reader, version) {',
    `    checkVersion(version, '${message.name}', ${from}, ${to})`,
    `    return read${message.name}(reader, version)`,
    '  },',
    '  write(writer, message, version) {',
    `    checkVersion(version, '${message.name}', ${from}, ${to})`,
    `    write${message.name}(writer, message, version)`,
    '  },',
    '}',
    '',
  )
  const functions: string[] = []
  for (const struct of all) {
    functions.push(...readFunction(struct, message), ...writeFunction(struct, message))
  }
  const helpers = isDefaultFunctions(functions.join('\n'), own, mayHoldTags)
  functions.push(...helpers)
  const defaults = defaultConstants(own, functions.join('\n'))
  return [...lines, ...defaults, ...functions]
}

/** Comparisons with the default for those structures, and those inside them, that code asks about. */
function isDefaultFunctions(code: string, own: readonly Struct[], mayHoldTags: boolean): string[] {
  const lines: string[] = []
  // Structures come before those that use them, so walking backwards sees each use first.
  for (const struct of own.toReversed()) {
    const asked = new RegExp(`isDefault${struct.name}\\b`)
    if (asked.test(code) || asked.test(lines.join('\n'))) {
      lines.push(...isDefaultFunction(struct, mayHoldTags))
    }
  }
  return lines
}

/** Defaults of structures, frozen: every message without the field holds the same object. */
function defaultConstants(own: readonly Struct[], code: string): string[] {
  const needed = new Set<Struct>()
  for (const struct of own.toReversed()) {
    const isUsed =
      new RegExp(`\\bdefault${struct.name}\\b`).test(code) ||
      [...needed].some((user) =>
        user.fields.some(
          (field) =>
            field.type.kind === 'struct' && field.type.struct === struct && field.default !== null,
        ),
      )
    if (isUsed) needed.add(struct)
  }
  const lines: string[] = []
  for (const struct of own) {
    if (!needed.has(struct)) continue
    const fields = struct.fields.map((field) => `  ${field.name}: ${defaultValue(field)},`)
    lines.push(`const default${struct.name}: ${struct.name} = Object.freeze({`, ...fields, '})', '')
  }
  return lines
}

function apiSource(request: Message, response: Message): string[] {
  const name = request.name.replace(/Request$/, '')
  const { name: asked } = request
  const { name: answered } = response
  return [
    `export const ${name}Api: Api<${asked}, ${asked}Input, ${answered}, ${answered}Input> = {`,
    `  name: '${name}',`,
    `  key: ${request.apiKey},`,
    `  request: ${asked},`,
    `  response: ${answered},`,
    '}',
    '',
  ]
}

function imports(code: string): string[] {
  const lines: string[] = []
  const used = (names: readonly string[]): string[] =>
    names.filter((name) => new RegExp(`\\b${name}\\b`).test(code))
  const add = (kind: 'import' | 'import type', names: readonly string[], from: string): void => {
    const found = used(names)
    if (found.length > 0) lines.push(`${kind} { ${found.join(', ')} } from '../../${from}.ts'`)
  }
  add('import type', ['Int64'], 'int64')
  add('import type', ['Api', 'MessageCodec'], 'message')
  add(
    'import',
    ['checkVersion', 'emptyBuffer', 'unsupportedField', 'unsupportedNull', 'unsupportedTags'],
    'message',
  )
  add('import type', ['Reader'], 'reader')
  add('import type', ['UnknownTaggedField'], 'unknown-tagged-fields')
  add('import', ['ZERO_UUID'], 'uuid')
  add('import type', ['Writer'], 'writer')
  return lines
}
