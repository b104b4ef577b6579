import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ottla, startCliBroker, temporaryDirectory } from './cli-process.ts'

const free = ['--listen', '127.0.0.1:0']

test('says in one line where it is ready, where its data is, and how long that took', async () => {
  using directory = temporaryDirectory()
  const broker = await startCliBroker([...free, '--data-dir', directory.path])
  const ended = await broker.stop()
  assert.match(
    broker.readyLine,
    /^Ottla \d+\.\d+\.\d+ ready on 127\.0\.0\.1:\d+, data in .*, in \d+ ms$/,
  )
  assert.equal(ended.code, 0)
  assert.equal(ended.out.trim().split('\n').length, 1)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it with code 0 and a mark of the clean shutdown`, async () => {
    using directory = temporaryDirectory()
    const broker = await startCliBroker([...free, '--data-dir', directory.path])
    const { code, error } = await broker.stop(signal)
    assert.equal(code, 0, error)
    assert(existsSync(join(directory.path, '.kafka_cleanshutdown')))
  })
}

test('flags come before the environment, the environment before the file', async () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'server.properties')
  const data = join(directory.path, 'data')
  writeFileSync(
    file,
    [
      '# written as Java reads it',
      'listeners = PLAINTEXT://127.0.0.1:0',
      `log.dirs: ${data}`,
      'num.partitions=2',
      'default.replication.factor=1',
      'log.retention.hours=\\',
      '    3',
      'log.segment.bytes=2000000',
    ].join('\n'),
  )
  const broker = await startCliBroker(
    ['--config', file, '--set', 'log.segment.bytes=4000000', '--set', 'compression.type=zstd'],
    { KAFKA_NUM_PARTITIONS: '5', KAFKA_LOG_SEGMENT_BYTES: '3000000' },
  )
  const at = ['--bootstrap-server', broker.address]
  await ottla(['topics', 'create', 'letters', ...at])
  const described = await ottla(['topics', 'describe', 'letters', ...at])
  await broker.stop()
  assert.match(described.out, /partitions 5/)
  assert.equal(described.out.match(/^ +\d+ +1 +0 +1 +1 +-$/gm)?.length, 5)
  assert(existsSync(join(data, 'letters-4')))
})

test("a compose file's environment starts a combined node: its controller is not bound", async () => {
  using directory = temporaryDirectory()
  const broker = await startCliBroker([], {
    KAFKA_NODE_ID: '7',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:29093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '7@localhost:29093',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_LOG_DIRS: directory.path,
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_JMX_PORT: '9101',
    CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw',
  })
  const { code, error } = await broker.stop()
  assert.equal(code, 0, error)
  const properties = readFileSync(join(directory.path, 'meta.properties'), 'utf8')
  assert.match(properties, /cluster\.id=5L6g3nShT-eMCtK--X86sw/)
  assert.match(properties, /node\.id=7/)
  assert.match(error, /controller listener is not bound/)
})

for (const [why, args, env, expected] of [
  [
    'an unknown setting',
    ['--set', 'log.retention.hour=3'],
    {},
    /log\.retention\.hour \(--set\): unknown setting; did you mean log\.retention\.hours\?/,
  ],
  [
    'a wrong value',
    ['--set', 'num.partitions=none'],
    {},
    /num\.partitions = "none" \(--set\): Not a number of type INT; valid: a whole number/,
  ],
  [
    'a wrong value in the environment',
    [],
    { KAFKA_COMPRESSION_TYPE: 'brotli' },
    /compression\.type = "brotli" \(KAFKA_COMPRESSION_TYPE\).*valid: .*zstd/,
  ],
  ['a misspelt variable', [], { KAFKA_LOG_RETENTION_HOUR: '1' }, /did you mean/],
  ['a setting without a value', ['--set', 'num.partitions'], {}, /give name=value/],
  ['an address that is none', ['--listen', '9092'], {}, /give host:port/],
  ['a file that is not there', ['--config', '/nowhere/a.properties'], {}, /\/nowhere\/a\.prop/],
  ['a cluster id that is none', [], { CLUSTER_ID: 'mine' }, /CLUSTER_ID = "mine"/],
  ['an unknown flag', ['--prot', '1'], {}, /unknown option '--prot'/],
] as const) {
  test(`${why} is told in a sentence, with exit code 1 and no stack`, async () => {
    using directory = temporaryDirectory()
    const ended = await ottla(['start', '--data-dir', directory.path, ...args], { env })
    assert.match(ended.error, expected)
    assert.doesNotMatch(ended.error, /^\s+at /m)
    assert.equal(ended.code, 1)
    assert.equal(ended.out, '')
  })
}

test('a wrong line of a file is named by its number', async () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'server.properties')
  writeFileSync(file, '# one\n\nnum.partitions=1\nnum.io.threads=0\n')
  const { error } = await ottla(['start', '--config', file])
  assert.match(error, /num\.io\.threads = "0" \(.*server\.properties:4\)/)
})

test('a second broker on the same data directory is refused', async () => {
  using directory = temporaryDirectory()
  const broker = await startCliBroker([...free, '--data-dir', directory.path])
  const second = await ottla(['start', ...free, '--data-dir', directory.path])
  await broker.stop()
  assert.equal(second.code, 1)
  assert.match(second.error, /in use/)
  assert.match(second.error, new RegExp(directory.path))
  assert.doesNotMatch(second.error, /^\s+at /m)
})

test('a taken port is told', async () => {
  using directory = temporaryDirectory()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const args = ['start', '--listen', `127.0.0.1:${port}`, '--data-dir', directory.path]
  const ended = await ottla(args)
  server.close()
  assert.equal(ended.code, 1)
  assert.match(ended.error, new RegExp(`127\\.0\\.0\\.1:${port}`))
  assert.doesNotMatch(ended.error, /^\s+at /m)
})
