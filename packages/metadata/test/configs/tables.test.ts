import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultValue, parseValue } from '../../src/configs/parse-value.ts'
import {
  brokerSettingTable,
  clientMetricsSettingTable,
  groupSettingTable,
  topicSettingTable,
} from '../../src/configs/tables.ts'
import { inheritedValue } from '../../src/configs/topic-config.ts'

const tables = [brokerSettingTable, topicSettingTable, groupSettingTable, clientMetricsSettingTable]

test('the tables hold every setting of Kafka 4.3.1, and two of our own', () => {
  assert.deepEqual(
    tables.map(({ all }) => all.size),
    [360 + 2, 34, 17, 3],
  )
})

test('every default is a value that its own row allows', () => {
  for (const { all } of tables) {
    for (const setting of all.values()) {
      if (setting.defaultText === null) continue
      const parsed = parseValue(setting, setting.defaultText)
      assert('value' in parsed, `${setting.name}: ${JSON.stringify(parsed)}`)
      assert.equal(parsed.text, setting.defaultText, setting.name)
    }
  }
})

test("a topic's and a group's defaults are those of the broker settings behind them", () => {
  const lookUp = (name: string): ReturnType<typeof defaultValue> => {
    const setting = brokerSettingTable.get(name)
    assert(setting !== undefined, `${name} is a broker setting`)
    return defaultValue(setting)
  }
  for (const { all } of [topicSettingTable, groupSettingTable]) {
    for (const setting of all.values()) {
      assert.deepEqual(inheritedValue(setting, lookUp), defaultValue(setting), setting.name)
    }
  }
})

test('every setting says what it is for', () => {
  for (const { all } of tables) {
    for (const { name, doc } of all.values()) assert.match(doc, /^.{8,}\.$/, name)
  }
})
