import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

/**
 * What a user installs: the packed tarballs of `ottla` and its packages in an empty folder. The
 * libraries they depend on are packed from this clone's node_modules, so that nothing is downloaded.
 */
suite('the packed packages', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-packed-'))
  const tarballs = join(folder, 'tarballs')
  const app = join(folder, 'app')
  after(() => rmSync(folder, { recursive: true, force: true }))

  before(async () => {
    await run('npm', ['run', 'build'], { cwd: root })
    for (const directory of [tarballs, app]) await run('mkdir', [directory])
    const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
    await run(
      'npm',
      [
        'pack',
        '--silent',
        '--ignore-scripts',
        '--pack-destination',
        tarballs,
        ...packages,
        ...libraries(),
      ],
      { cwd: root },
    )
    writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
    const files = readdirSync(tarballs).map((name) => join(tarballs, name))
    await run(
      'npm',
      ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...files],
      { cwd: app },
    )
  })

  test('hold compiled JavaScript with types, and no sources or tests', () => {
    const installed = join(app, 'node_modules/@ottla/broker')
    assert.ok(existsSync(join(installed, 'dist/index.js')))
    assert.ok(existsSync(join(installed, 'dist/index.d.ts')))
    assert.ok(!existsSync(join(installed, 'src')))
    assert.ok(!existsSync(join(installed, 'test')))
  })

  test('start a broker that stops when asked to', async () => {
    const broker = spawn(
      process.execPath,
      [
        join(app, 'node_modules/ottla/bin/ottla.js'),
        'start',
        '--listen',
        '127.0.0.1:0',
        '--data-dir',
        join(folder, 'data'),
      ],
      { cwd: app, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const exited = new Promise<number | null>((done) => broker.on('exit', done))
    let isReady = false
    for await (const line of createInterface({ input: broker.stdout })) {
      if (!line.includes('ready')) continue
      isReady = true
      broker.kill('SIGTERM')
    }
    assert.ok(isReady)
    assert.equal(await exited, 0)
    assert.ok(existsSync(join(folder, 'data/.kafka_cleanshutdown')))
  })

  test('start a broker inside another program, found by its name and types', async () => {
    writeFileSync(
      join(app, 'embed.mjs'),
      `import { startBroker } from 'ottla'
       const broker = await startBroker({ dataDirectory: ${JSON.stringify(join(folder, 'embedded'))} })
       console.log(broker.bootstrapServers)
       await broker.close()`,
    )
    const { stdout } = await run(process.execPath, ['embed.mjs'], { cwd: app })
    assert.match(stdout, /:\d+\n$/)
  })
})

/** Folders of all libraries that the packages need, and theirs: what the lock file calls not `dev`. */
function libraries(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path]) => path)
    .filter((path) => !/^node_modules\/node-(linux|bin)-/.test(path))
    .filter((path) => dirname(path) !== 'node_modules/@ottla')
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
}
