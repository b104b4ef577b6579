import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { apiKeys, Reader, responseHeaderVersion } from '@ottla/protocol'
import { servedApis } from '../src/index.ts'
import { BrokerWorld } from './support/broker-world.ts'

interface Vector {
  readonly v: number
  readonly case: string
  readonly hex: string
}

/** Golden request bodies of an API: what Kafka's own client writes, sensible or not. */
function goldenRequests(name: string): Vector[] {
  const path = new URL(`../../protocol/test/vectors/${name}Request.jsonl`, import.meta.url)
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

for (const served of servedApis.values()) {
  test(`${served.name} answers every golden request in versions ${served.lowestVersion}–${served.highestVersion}`, async () => {
    const world = new BrokerWorld({ 'num.partitions': '1' })
    await world.world.run(async () => {
      await world.start()
      const key = apiKeys.find((api) => api.key === served.key)
      assert.ok(key !== undefined)
      for (const { v, case: which, hex } of goldenRequests(served.name)) {
        if (v > served.highestVersion) continue
        const client = await world.client()
        const frame = client.frame(
          { key: served.key, request: { write() {} } },
          v,
          Buffer.from(hex, 'hex'),
        )
        client.write(frame)
        const answer = await client.receive()
        if (answer !== null) {
          const reader = new Reader(answer)
          reader.int32()
          if (responseHeaderVersion(served.key, v) === 1) reader.uvarint()
          const { response } = served.api as unknown as {
            response: { read(reader: Reader, version: number): unknown }
          }
          response.read(reader, v)
        }
        client.close()
        assert.deepEqual(world.bugs, [], `${served.name} v${v} ${which}`)
      }
      assert.deepEqual(world.failures, [])
      await world.broker.close()
    })
  })
}
