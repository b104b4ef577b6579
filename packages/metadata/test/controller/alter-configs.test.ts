import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withController } from '../cluster.ts'
import { creation, join, topic } from '../requests.ts'

test(
  'AlterConfigs replaces all that is set, or changes nothing',
  withController(async ({ controller, loader, ...rest }) => {
    await join({ controller, loader, ...rest }, 1)
    await controller.createTopics(creation(topic('t')))
    const alter = async (
      configs: Readonly<Record<string, string | null>>,
      validateOnly = false,
    ): Promise<number> => {
      const { responses } = await controller.alterConfigs({
        resources: [
          {
            resourceType: 2,
            resourceName: 't',
            configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
          },
        ],
        validateOnly,
      })
      return responses[0]!.errorCode
    }
    const now = () => Object.fromEntries(loader.image.topicConfig('t'))

    assert.equal(await alter({ 'retention.ms': '5', 'segment.ms': '6' }), 0)
    assert.equal(await alter({ 'retention.ms': '7', 'max.message.bytes': '8' }), 0)
    assert.deepEqual(now(), { 'retention.ms': '7', 'max.message.bytes': '8' })
    assert.equal(await alter({ 'retention.ms': '9' }, true), 0)
    assert.equal(await alter({ 'retention.ms': 'x' }), 40)
    assert.equal(await alter({ 'retention.ms': null }), 42)
    assert.deepEqual(now(), { 'retention.ms': '7', 'max.message.bytes': '8' })
    assert.equal(await alter({}), 0)
    assert.deepEqual(now(), {})
  }),
)
