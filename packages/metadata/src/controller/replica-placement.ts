import { KafkaError } from '@ottla/protocol'
import type { Random } from '@ottla/runtime'
import type { BrokerImage } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'

/**
 * Chooses brokers for the replicas of new partitions, so that leaders and replicas are even over
 * brokers and each partition is spread over racks.
 *
 * Racks stand in a circle. A partition takes its first replica from the rack at the head, the next
 * from the rack after it and so on, going round again when there are more replicas than racks; the
 * next partition starts one rack further. Inside a rack brokers also stand in a circle, and take turns
 * at leading and, apart from that, at following. Where the circles start is chance. After as many partitions as there
 * are brokers the circles are shuffled, so that the same sets do not come again and again.
 *
 * A fenced broker is taken only when its rack has no other left, and never as the first replica: that
 * one leads.
 *
 * @throws {KafkaError} INVALID_REPLICATION_FACTOR when there are too few brokers.
 */
export function placeReplicas(
  image: MetadataImage,
  partitionCount: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const usable = [...image.brokers.values()].filter(isUsable)
  const unfencedCount = usable.filter((broker) => !broker.isFenced).length
  if (unfencedCount === 0) throw refusal('All brokers are currently fenced.')
  if (replicationFactor > usable.length) {
    throw refusal(
      `The target replication factor of ${replicationFactor} cannot be reached because only ` +
        `${usable.length} broker(s) are registered or some brokers have all their log directories ` +
        'cordoned.',
    )
  }

  const racks = rackCircle(usable, random)
  let head = random.int(racks.length)
  let round = 0
  return Array.from({ length: partitionCount }, () => {
    // With a single unfenced broker there is nothing to vary.
    if (round === unfencedCount && unfencedCount > 1) {
      shuffle(racks, random)
      for (const rack of racks) rack.shuffle(random)
      round = 0
    }
    const replicas = placeOne(racks, head, replicationFactor)
    head = (head + 1) % racks.length
    round++
    return replicas
  })

  function refusal(reason: string): KafkaError {
    return new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`,
    )
  }
}

/** A broker about to leave gets no replicas, nor does one whose directories are all cordoned. */
function isUsable(broker: BrokerImage): boolean {
  if (broker.isInControlledShutdown && !broker.isFenced) return false
  const cordoned = broker.cordonedDirectories
  return (
    cordoned === null ||
    cordoned.length === 0 ||
    broker.directories.some((directory) => !cordoned.includes(directory))
  )
}

function rackCircle(brokers: readonly BrokerImage[], random: Random): Rack[] {
  // A broker without a rack stands with the others without one.
  const byName = Map.groupBy(brokers, (broker) => broker.rack ?? '')
  const names = [...byName.keys()].sort()
  return names.map((name) => new Rack(byName.get(name)!, random))
}

function placeOne(racks: readonly Rack[], head: number, replicationFactor: number): number[] {
  for (const rack of racks) rack.begin()
  const replicas: number[] = []
  let leaderRack = head
  let leader = racks[leaderRack]!.lead()
  while (leader === null) {
    leaderRack = (leaderRack + 1) % racks.length
    leader = racks[leaderRack]!.lead()
  }
  replicas.push(leader)
  // The rack that gave the leader is passed over once: it has had its turn in this round.
  let passedOver = false
  for (let at = head; replicas.length < replicationFactor; at = (at + 1) % racks.length) {
    if (at === leaderRack && !passedOver) {
      passedOver = true
      continue
    }
    const replica = racks[at]!.next()
    if (replica !== null) replicas.push(replica)
  }
  return replicas
}

/** The brokers of one rack, unfenced and fenced apart. */
class Rack {
  readonly #unfenced: BrokerCircle
  readonly #fenced: BrokerCircle

  constructor(brokers: readonly BrokerImage[], random: Random) {
    const ids = (isFenced: boolean) =>
      brokers.filter((broker) => broker.isFenced === isFenced).map((broker) => broker.id)
    this.#unfenced = new BrokerCircle(ids(false), random)
    this.#fenced = new BrokerCircle(ids(true), random)
  }

  begin(): void {
    this.#unfenced.begin()
    this.#fenced.begin()
  }

  next(): number | null {
    return this.#unfenced.next() ?? this.#fenced.next()
  }

  lead(): number | null {
    return this.#unfenced.lead()
  }

  shuffle(random: Random): void {
    this.#unfenced.shuffle(random)
    this.#fenced.shuffle(random)
  }
}

class BrokerCircle {
  readonly #ids: number[]
  /** Whose turn it is to lead, and to follow. */
  #leads: number
  #follows: number
  /** How many the partition at hand was offered as followers; -1 when it has not asked. */
  #offered = 0
  /** The one that leads the partition at hand, if it is of this circle. */
  #leader: number | null = null

  constructor(ids: number[], random: Random) {
    this.#ids = ids.sort((a, b) => a - b)
    this.#leads = ids.length === 0 ? 0 : random.int(ids.length)
    this.#follows = this.#leads
  }

  /** Another partition: every broker may be taken again. */
  begin(): void {
    this.#offered = -1
    this.#leader = null
  }

  /** null when the circle is empty. */
  lead(): number | null {
    this.#leader = this.#ids[this.#leads++ % this.#ids.length] ?? null
    return this.#leader
  }

  /** null when this partition has had them all. */
  next(): number | null {
    if (this.#offered === -1) {
      // Only partitions that take from this circle turn it, else some brokers would never be first.
      this.#follows++
      this.#offered = 0
    }
    while (this.#offered < this.#ids.length) {
      const id = this.#ids[(this.#follows + this.#offered++) % this.#ids.length]!
      if (id !== this.#leader) return id
    }
    return null
  }

  shuffle(random: Random): void {
    shuffle(this.#ids, random)
  }
}

function shuffle<T>(list: T[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
}
