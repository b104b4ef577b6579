import type { World } from '../world.ts'

/** Makes topics and deletes some of them; a name is used once. */
export async function keepTopics(world: World): Promise<void> {
  const { history, random } = world
  const client = world.client('keeper')
  for (let number = 0; !world.isEnding; number++) {
    const name = `shelf-${number}`
    const partitions = 1 + random.int(3)
    const retentionMs = String(3_600_000 + random.int(1_000_000))
    history.unsureTopics.add(name)
    const [made] = await client.admin.createTopics([
      { name, partitions, configs: { 'retention.ms': retentionMs } },
    ])
    // An answer that got lost was answered after all: then it is there already.
    if (made?.error != null && made.error.code !== 'TOPIC_ALREADY_EXISTS') throw made.error
    history.unsureTopics.delete(name)
    history.topics.set(name, { partitions, retentionMs })
    await world.pause(100, 4_000)

    const victim = [...history.topics.keys()].filter((each) => each.startsWith('shelf-'))
    if (random.int(2) === 0 && victim.length > 0) {
      const topic = world.pick(victim)
      history.topics.delete(topic)
      history.unsureTopics.add(topic)
      const [gone] = await client.admin.deleteTopics([topic])
      if (gone?.error != null && gone.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw gone.error
      history.unsureTopics.delete(topic)
      history.deletedTopics.add(topic)
    }
  }
  await client.close()
}
