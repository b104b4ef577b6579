import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '@ottla/runtime'
import { jsonLogger, lineLogger } from '@ottla/runtime/node'

function lines(): { written: string[]; write: (line: string) => void } {
  const written: string[] = []
  return { written, write: (line) => void written.push(line) }
}

test('a line tells time, level, component, message and fields', () => {
  const { written, write } = lines()
  const log = lineLogger({ write }).child('broker').child('network', { listener: 'PLAINTEXT' })
  log.warn('connection closed', {
    peer: '127.0.0.1:9092',
    reason: 'too long',
    count: 3,
    none: null,
  })
  const time = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z /
  assert.match(written[0]!, time)
  assert.equal(
    written[0]!.replace(time, ''),
    'WARN broker/network connection closed listener=PLAINTEXT peer=127.0.0.1:9092 ' +
      'reason="too long" count=3 none=null\n',
  )
})

test('an error comes with its stack and causes', () => {
  const { written, write } = lines()
  const error = new Error('outer', { cause: new Error('inner') })
  lineLogger({ write }).error('failed', { error })
  assert.match(written[0]!, /ERROR failed\n    Error: outer\n        at /)
  assert.match(written[0]!, /\[cause\]: Error: inner/)
})

test('text from outside cannot write lines of its own', () => {
  const { written, write } = lines()
  lineLogger({ write }).info('a\nb', { id: '\u001b[31m\nERROR fake', list: ['\n'] })
  assert.equal(written[0]!.split('\n').length, 2)
  assert.ok(!written[0]!.includes('\u001b'))
})

test('levels below the chosen one are not written', async () => {
  for (const make of [lineLogger, jsonLogger]) {
    const { written, write } = lines()
    const log: Logger = await make({ write, level: 'warn' })
    log.debug('1')
    log.info('2')
    log.child('c').info('2')
    log.warn('3')
    log.child('c').error('4')
    assert.equal(written.length, 2)
  }
})

test('the JSON logger writes one object a line', async () => {
  const { written, write } = lines()
  const log = (await jsonLogger({ write })).child('broker', { id: 1 }).child('network')
  log.warn('closed', { peer: 'x', error: new Error('outer', { cause: new Error('inner') }) })
  const line = JSON.parse(written[0]!) as Record<string, unknown>
  assert.equal(line['level'], 'warn')
  assert.equal(line['msg'], 'closed')
  assert.equal(line['component'], 'broker/network')
  assert.equal(line['id'], 1)
  assert.equal((line['error'] as { message: string }).message, 'outer')
  assert.equal((line['error'] as { cause: { message: string } }).cause.message, 'inner')
})
