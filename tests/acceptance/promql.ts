/** A metric that an expression asks for, with the labels that it filters by or groups by. */
export interface Selector {
  readonly metric: string
  readonly labels: readonly string[]
}

const aggregations = new Set(['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk', 'quantile'])
const functions = new Set([
  'rate',
  'irate',
  'increase',
  'changes',
  'delta',
  'deriv',
  'predict_linear',
  'histogram_quantile',
  'max_over_time',
  'min_over_time',
  'avg_over_time',
  'absent',
  'abs',
  'time',
  'label_values', // Grafana's own, for variables
])
/** Those whose first argument is a range: `rate(x[5m])`. */
const overRange = new Set([
  'rate',
  'irate',
  'increase',
  'changes',
  'delta',
  'deriv',
  'predict_linear',
  'max_over_time',
  'min_over_time',
  'avg_over_time',
])
/** From the weakest to the strongest. */
const operators: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '<', '>=', '<='],
  ['+', '-'],
  ['*', '/', '%'],
]

const token =
  /\s*(?:(\d+(?:\.\d+)?)|([a-zA-Z_:][\w:]*)|("(?:[^"\\]|\\.)*")|(\[[^\]]+\])|(=~|!~|==|!=|>=|<=|[(){},=<>+\-*/%]))/y

interface Parsed {
  readonly selectors: Selector[]
  readonly isRange: boolean
}

/** Reads a PromQL expression, roughly, and says which metrics it asks for. @throws Error when it is none. */
export function selectorsOf(expression: string): readonly Selector[] {
  const tokens = tokensOf(expression)
  let at = 0
  const peek = (): string | undefined => tokens[at]
  const next = (): string => tokens[at++] ?? fail('it ends too soon')
  const expect = (wanted: string): void => {
    const found = next()
    if (found !== wanted) fail(`${wanted} is expected, not ${found}`)
  }
  const fail = (reason: string): never => {
    throw new Error(`${expression}: ${reason}`)
  }

  function binary(level: number): Parsed {
    const strengths = operators[level]
    if (strengths === undefined) return primary()
    const left = binary(level + 1)
    while (strengths.includes(peek() ?? '')) {
      next()
      const right = binary(level + 1)
      if (left.isRange || right.isRange) fail('a range is no operand')
      left.selectors.push(...right.selectors)
    }
    return left
  }

  function primary(): Parsed {
    const first = next()
    if (/^\d/.test(first) || first.startsWith('"')) return { selectors: [], isRange: false }
    if (first === '-') return primary()
    if (first === '(') {
      const inner = binary(0)
      expect(')')
      return inner
    }
    if (!/^[a-zA-Z_:]/.test(first)) fail(`${first} begins nothing`)
    if (aggregations.has(first)) return aggregation()
    if (functions.has(first)) return call(first)
    if (peek() === '(') fail(`there is no function ${first}`)
    return selector(first)
  }

  function aggregation(): Parsed {
    const labels = grouping()
    expect('(')
    const { selectors, ranges } = commaSeparated()
    if (ranges) fail('a range is not added up')
    labels.push(...grouping())
    return {
      selectors: selectors.map((each) => ({ ...each, labels: [...each.labels, ...labels] })),
      isRange: false,
    }
  }

  function grouping(): string[] {
    if (peek() !== 'by' && peek() !== 'without') return []
    next()
    expect('(')
    const labels: string[] = []
    while (peek() !== ')') {
      labels.push(next())
      if (peek() === ',') next()
    }
    next()
    return labels
  }

  function call(name: string): Parsed {
    expect('(')
    const { selectors, ranges } = commaSeparated()
    if (overRange.has(name) !== ranges) fail(`${name} takes ${ranges ? 'no' : 'a'} range`)
    return { selectors, isRange: false }
  }

  function commaSeparated(): { selectors: Selector[]; ranges: boolean } {
    const selectors: Selector[] = []
    let ranges = false
    while (peek() !== ')') {
      const argument = binary(0)
      selectors.push(...argument.selectors)
      ranges ||= argument.isRange
      if (peek() === ',') next()
    }
    next()
    return { selectors, ranges }
  }

  function selector(metric: string): Parsed {
    const labels: string[] = []
    if (peek() === '{') {
      next()
      while (peek() !== '}') {
        labels.push(next())
        if (!['=', '!=', '=~', '!~'].includes(next())) fail('a label is compared')
        if (!next().startsWith('"')) fail('with a text')
        if (peek() === ',') next()
      }
      next()
    }
    const isRange = peek()?.startsWith('[') ?? false
    if (isRange) next()
    return { selectors: [{ metric, labels }], isRange }
  }

  const { selectors, isRange } = binary(0)
  if (at < tokens.length) fail(`${peek()} comes too late`)
  if (isRange) fail('a range alone shows nothing')
  return selectors
}

function tokensOf(expression: string): readonly string[] {
  const tokens: string[] = []
  token.lastIndex = 0
  const text = expression.trimEnd()
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw new Error(`${expression}: nobody knows ${text.slice(at)}`)
    tokens.push(match[0].trim())
  }
  return tokens
}
