import type { NamedProblem } from './listener-settings.ts'

interface Reader {
  isSet(name: string): boolean
  number(name: string): number
  get(name: string): unknown
  list(name: string): readonly string[]
}

/** What Kafka checks between settings, beyond each one's own rules. */
export function brokerProblems(reader: Reader): readonly NamedProblem[] {
  const problems: NamedProblem[] = []
  const check = (isRight: boolean, name: string, message: string): void => {
    if (!isRight) problems.push({ name, message })
  }
  const atLeast = (name: string, other: string): void => {
    check(
      reader.number(name) >= reader.number(other),
      name,
      `${reader.number(name)} must be at least ${other}, which is ${reader.number(other)}`,
    )
  }

  if (reader.isSet('node.id') && reader.isSet('broker.id') && reader.number('broker.id') !== -1) {
    const nodeId = reader.number('node.id')
    check(
      nodeId === reader.number('broker.id'),
      'broker.id',
      `${reader.number('broker.id')} differs from node.id, which is ${nodeId}; give node.id only`,
    )
  }
  check(reader.number('broker.id') >= -1, 'broker.id', 'must be 0 or more')

  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours']) {
    const value = reader.get(name)
    const isRight = value === null || value === -1 || Number(value) >= 1
    check(isRight, name, `${String(value)} must be -1 (for ever) or at least 1`)
  }
  for (const name of ['log.roll.ms', 'log.roll.jitter.ms', 'log.flush.interval.ms']) {
    const value = reader.get(name)
    const least = name === 'log.roll.ms' ? 1 : 0
    check(value === null || Number(value) >= least, name, `must be at least ${least}`)
  }
  check(reader.number('num.partitions') >= 1, 'num.partitions', 'must be at least 1')
  const codec = reader.number('offsets.topic.compression.codec')
  check(codec >= 0 && codec <= 4, 'offsets.topic.compression.codec', `${codec} must be 0 to 4`)
  const cleanerBytes =
    reader.number('log.cleaner.dedupe.buffer.size') /
    Math.max(1, reader.number('log.cleaner.threads'))
  check(
    cleanerBytes > 1_048_576,
    'log.cleaner.dedupe.buffer.size',
    'must be more than 1048576 for each of log.cleaner.threads',
  )

  const logDirs = reader.list(reader.isSet('log.dirs') ? 'log.dirs' : 'log.dir')
  const cordoned = reader.list('cordoned.log.dirs')
  const unknown = cordoned.filter((path) => path !== '*' && !logDirs.includes(path))
  check(
    unknown.length === 0,
    'cordoned.log.dirs',
    `${unknown.join(', ')} must be in log.dirs, which are ${logDirs.join(', ')}`,
  )
  check(
    !cordoned.includes('*') || cordoned.length === 1,
    'cordoned.log.dirs',
    '"*" stands for all log.dirs: it must stand alone',
  )

  atLeast('group.max.session.timeout.ms', 'group.min.session.timeout.ms')
  atLeast('replica.lag.time.max.ms', 'replica.fetch.wait.max.ms')
  atLeast('replica.socket.timeout.ms', 'replica.fetch.wait.max.ms')
  for (const kind of ['consumer', 'share', 'streams']) {
    for (const what of ['heartbeat.interval.ms', 'session.timeout.ms']) {
      atLeast(`group.${kind}.max.${what}`, `group.${kind}.min.${what}`)
      atLeast(`group.${kind}.max.${what}`, `group.${kind}.${what}`)
      atLeast(`group.${kind}.${what}`, `group.${kind}.min.${what}`)
    }
  }
  return problems
}
