"""aiokafka: a client in Python, on asyncio."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from json_lines import RunChecker, bootstrap_address, progress, serve, text

BOOTSTRAP = bootstrap_address()


class Member(ConsumerRebalanceListener):
    def __init__(self):
        self.partitions = []
        self.received = []

    async def start(self, group, topic):
        self.consumer = new_consumer(group, enable_auto_commit=True, auto_commit_interval_ms=100)
        self.consumer.subscribe([topic], listener=self)
        await self.consumer.start()
        self.reading = asyncio.create_task(self.read())

    async def on_partitions_revoked(self, revoked):
        self.partitions = []

    async def on_partitions_assigned(self, assigned):
        self.partitions = sorted(one.partition for one in assigned)

    async def read(self):
        async for message in self.consumer:
            self.received.append(text(message.value))

    async def stop(self):
        self.reading.cancel()
        await self.consumer.stop()
        self.partitions = []

    def state(self):
        return {"partitions": self.partitions, "received": self.received}


class Peer:
    def __init__(self):
        self.members = {}

    async def produce(self, topic, codec, records):
        producer = await new_producer(codec, False)
        futures = [
            await producer.send(
                topic,
                partition=record["partition"],
                key=encode(record["key"]),
                value=encode(record["value"]),
                headers=[(name, encode(value)) for name, value in record["headers"]],
                timestamp_ms=record.get("timestamp"),
            )
            for record in records
        ]
        await asyncio.gather(*futures)
        await producer.stop()

    async def consume(self, topic, partitions, count):
        consumer = await assigned_consumer(topic, partitions)
        records = await read(consumer, count)
        await consumer.stop()
        return records

    async def offsetForTime(self, topic, partition, timestamp_ms):
        consumer = await assigned_consumer(topic, partition + 1)
        asked = TopicPartition(topic, partition)
        found = (await consumer.offsets_for_times({asked: timestamp_ms}))[asked]
        await consumer.stop()
        return None if found is None else found.offset

    async def readInGroup(self, group, topic, count):
        consumer = new_consumer(group)
        consumer.subscribe([topic])
        await consumer.start()
        records = await read(consumer, count)
        await consumer.commit(
            {TopicPartition(topic, one["partition"]): one["offset"] + 1 for one in records}
        )
        await consumer.stop()
        return records

    async def startMember(self, name, group, topic):
        member = Member()
        self.members[name] = member
        await member.start(group, topic)

    async def memberState(self, name):
        return self.members[name].state()

    async def stopMember(self, name):
        await self.members[name].stop()
        return self.members[name].state()

    async def produceRun(self, run):
        producer = await new_producer(run["codec"], run["idempotent"])
        topic, partitions, width = run["topic"], run["partitions"], run["valueBytes"]
        at_once, count = 20_000, run["count"]
        for start in range(0, count, at_once):
            futures = []
            for index in range(start, min(start + at_once, count)):
                value = b"%0*d" % (width, index // partitions)
                futures.append(await producer.send(topic, value, partition=index % partitions))
            await asyncio.gather(*futures)
            progress(start + len(futures))
        await producer.stop()

    async def consumeRun(self, run):
        checker = RunChecker(run["partitions"], run["count"])
        consumer = await assigned_consumer(run["topic"], run["partitions"])

        async def follow():
            while checker.received < run["count"]:
                for messages in (await consumer.getmany(timeout_ms=500)).values():
                    for message in messages:
                        checker.saw(message.partition, int(message.value))

        await asyncio.wait_for(follow(), 120)
        await consumer.stop()
        return checker.report()


async def new_producer(codec, idempotent):
    producer = AIOKafkaProducer(
        bootstrap_servers=BOOTSTRAP,
        compression_type=None if codec == "none" else codec,
        acks="all",
        enable_idempotence=idempotent,
        max_batch_size=131_072,
        linger_ms=2,
        retry_backoff_ms=100,
        request_timeout_ms=60_000,
    )
    await producer.start()
    return producer


def new_consumer(group, **settings):
    return AIOKafkaConsumer(
        bootstrap_servers=BOOTSTRAP,
        group_id=group,
        auto_offset_reset="earliest",
        heartbeat_interval_ms=500,
        fetch_max_wait_ms=100,
        **{"enable_auto_commit": False, **settings},
    )


async def assigned_consumer(topic, partitions):
    consumer = new_consumer(None)
    consumer.assign([TopicPartition(topic, one) for one in range(partitions)])
    await consumer.start()
    await consumer.seek_to_beginning()
    return consumer


async def read(consumer, count):
    records = []

    async def follow():
        while len(records) < count:
            message = await consumer.getone()
            records.append(
                {
                    "partition": message.partition,
                    "offset": message.offset,
                    "timestamp": message.timestamp,
                    "key": text(message.key),
                    "value": text(message.value),
                    "headers": [[name, text(value)] for name, value in message.headers],
                }
            )

    await asyncio.wait_for(follow(), 60)
    return records


def encode(value):
    return None if value is None else value.encode()


asyncio.run(serve(Peer()))
