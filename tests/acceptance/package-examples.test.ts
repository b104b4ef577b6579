import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { type RunningBroker, startBroker } from 'ottla'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

/** What stands around an example: what it takes for granted, and what ends it. */
interface Surroundings {
  readonly before?: string
  readonly after?: string
}

const noSocket = '{ onData() {}, onDrain() {}, onEnd() {}, onClose() {} }'
const realParts = `
  import { nodeRuntime } from '@ottla/runtime/node'
  const { disk, clock, random, logger } = nodeRuntime()`

const surroundings: Readonly<Record<string, Surroundings>> = {
  broker: {},
  client: { after: 'await client.close()' },
  metadata: {
    before: `${realParts}
      import { brokerConfigRules, Controller, LocalMetadataStore, MetadataLoader, parseBrokerSettings } from '@ottla/metadata'
      import { createStorageResources } from '@ottla/storage'
      const resources = createStorageResources({ disk, clock, random, logger })
      const directory = './metadata'
      const { settings } = parseBrokerSettings([])
      const [nodeId, clusterId] = [1, random.uuid()]
      const onFailure = (error) => { throw error }
      const request = { topics: [], timeoutMs: 1000, validateOnly: false }`,
    after: 'await controller.close(); await loader.close(); await store.close()',
  },
  ottla: { before: "import { Kafka } from 'kafkajs'" },
  protocol: {
    before: `
      const at = 0
      const made = new Writer()
      FetchRequest.write(made, { maxWaitMs: 1, minBytes: 1, topics: [], forgottenTopicsData: [] }, 12)
      const frame = made.finishWhole()`,
  },
  records: {
    before: "import { checkBatch, decodeBatch, encodeBatch, lastOffset } from '@ottla/records'",
  },
  runtime: {
    before: `
      const startIt = (runtime) => runtime.network.listen({
        host: 'broker', port: 1, onConnection: (socket) => socket.handle(${noSocket}) })
      const connectTo = (runtime, host) => runtime.network.connect({ host, port: 1 })`,
  },
  storage: {
    before: `${realParts}
      import { encodeBatch } from '@ottla/records'
      import { defaultLogConfig, LogManager } from '@ottla/storage'
      const topicId = random.uuid()
      const batch = encodeBatch({ records: [{ timestamp: clock.now(), value: Buffer.from('a') }] })`,
  },
}

suite('the examples in the packages’ READMEs', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-examples-'))
  let broker: RunningBroker

  before(async () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    broker = await startBroker({ dataDirectory: join(folder, 'data') })
  })
  after(async () => {
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const path of globSync('packages/*/README.md', { cwd: root }).sort()) {
    const name = path.split('/')[1]!
    const examples = [
      ...readFileSync(join(root, path), 'utf8').matchAll(/```(?:ts|js)\n([^]*?)```/g),
    ]
    if (examples.length === 0) continue
    test(`${path} runs as it stands`, async () => {
      const around = surroundings[name]
      assert.ok(around !== undefined, `say what ${path}'s example takes for granted`)
      const here = join(folder, name)
      mkdirSync(here)
      for (const [index, [, example = '']] of examples.entries()) {
        const script = join(here, `example-${index}.ts`)
        const code = example
          .replaceAll('localhost:9092', broker.bootstrapServers)
          .replaceAll("'/data'", "'./data'")
        writeFileSync(script, [around.before ?? '', code, around.after ?? ''].join('\n'))
        await run(process.execPath, ['--conditions=ottla-src', script], {
          cwd: here,
          timeout: 30_000,
        })
      }
    })
  }
})
