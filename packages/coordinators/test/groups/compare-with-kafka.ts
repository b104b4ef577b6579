import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { kafkaService } from './kafka-service.ts'
import { RequestScript } from './request-script.ts'

/**
 * Sends the requests of transcripts to an Apache Kafka broker and shows where its answers differ:
 *
 *   node --conditions=ottla-src compare-with-kafka.ts PORT SCALE TRANSCRIPT …
 *
 * Time is real here, so all times are multiplied with SCALE, and the broker needs settings that
 * are likewise (group.min.session.timeout.ms), with a group.initial.rebalance.delay.ms of 300. Blocks
 * whose commands Kafka does not have are passed over.
 */
const INITIAL_DELAY_MS = 300
const [port, scale, ...names] = process.argv.slice(2)
const service = kafkaService(Number(port))
const topicIds = await service.makeTopics!(['t1', 't2', 't3'])
const run = Date.now().toString(36)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

for (const name of names) {
  let events: string[] = []
  const script = new RequestScript({
    service: () => service,
    topicIds,
    say: (lines) => events.push(...lines),
    groupPrefix: `${run}-${basename(name, '.txt')}-`,
    scale: Number(scale),
  })
  const text = readFileSync(join(import.meta.dirname, 'transcripts', `${name}.txt`), 'utf8')
  let differences = 0
  for (const block of text.split('\n\n')) {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const [command, , ...expected] = lines
    if (command === undefined) continue
    events = []
    const [verb, ...words] = command.split(' ')
    const isRequest = script.send(verb!, words)
    // 200 is what transcripts wait for a delay that they set to 100.
    if (words[0] === '200') await sleep(INITIAL_DELAY_MS * 2.2)
    else if (verb === 'wait') await sleep(Number(words[0]) * Number(scale))
    else await sleep(isRequest ? 15 : 0)
    if (!isRequest && verb !== 'wait') continue
    const plain = (list: string[]) =>
      list
        .map((line) => line.replace(/^\+\d+ /, ''))
        // A group's members are in no particular order.
        .map((line) =>
          line.replace(/(?<=members=\[)[^\]]*/, (all) => all.split(', ').sort().join(', ')),
        )
        .sort()
    const got = plain(events.map((event) => script.shorten(event)))
    if (got.join('\n') === plain(expected).join('\n')) continue
    differences++
    console.log(`${name}: ${command}`)
    for (const line of expected) console.log(`  - ${line}`)
    for (const line of got) console.log(`  + ${line}`)
  }
  console.log(`${name}: ${differences} differences`)
}
process.exit(0)
