"""confluent-kafka: librdkafka for Python."""

import asyncio
import threading
import time

from confluent_kafka import Consumer, OFFSET_BEGINNING, Producer, TopicPartition
from json_lines import RunChecker, bootstrap_address, progress, serve, text

BOOTSTRAP = {"bootstrap.servers": bootstrap_address()}


class Member:
    def __init__(self, group, topic):
        self.partitions = set()
        self.received = []
        self.stopping = threading.Event()
        self.consumer = new_consumer(group, **{"auto.commit.interval.ms": 100})
        self.consumer.subscribe([topic], on_assign=self.assigned, on_revoke=self.revoked)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def assigned(self, _consumer, partitions):
        self.partitions |= {one.partition for one in partitions}

    def revoked(self, _consumer, partitions):
        self.partitions -= {one.partition for one in partitions}

    def read(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.received.append(text(message.value()))
        self.consumer.close()
        self.partitions = set()

    def state(self):
        return {"partitions": sorted(self.partitions), "received": self.received}


class Peer:
    def __init__(self):
        self.members = {}

    def produce(self, topic, codec, records):
        producer = Producer({**BOOTSTRAP, "compression.type": codec, "acks": "all", "linger.ms": 50})
        failures = []

        def delivered(error, _message):
            if error is not None:
                failures.append(str(error))

        for record in records:
            producer.produce(
                topic,
                partition=record["partition"],
                key=record["key"],
                value=record["value"],
                headers=[tuple(header) for header in record["headers"]],
                timestamp=record.get("timestamp", 0),
                on_delivery=delivered,
            )
        producer.flush()
        if failures:
            raise RuntimeError(failures)

    def consume(self, topic, partitions, count):
        consumer = new_consumer("unused", **{"enable.auto.commit": False})
        consumer.assign([TopicPartition(topic, one, OFFSET_BEGINNING) for one in range(partitions)])
        records = read(consumer, count)
        consumer.close()
        return records

    def offsetForTime(self, topic, partition, timestamp_ms):
        consumer = new_consumer("unused")
        found = consumer.offsets_for_times([TopicPartition(topic, partition, timestamp_ms)], 10)
        consumer.close()
        # A time after the last record is answered with the end of the log, a negative special.
        return found[0].offset if found[0].offset >= 0 else None

    def readInGroup(self, group, topic, count):
        consumer = new_consumer(group, **{"enable.auto.commit": False})
        consumer.subscribe([topic])
        records = read(consumer, count)
        behind = {record["partition"]: record["offset"] + 1 for record in records}
        consumer.commit(
            offsets=[TopicPartition(topic, one, offset) for one, offset in behind.items()],
            asynchronous=False,
        )
        consumer.close()
        return records

    def startMember(self, name, group, topic):
        self.members[name] = Member(group, topic)

    def memberState(self, name):
        return self.members[name].state()

    def stopMember(self, name):
        member = self.members[name]
        member.stopping.set()
        member.thread.join()
        return member.state()

    def produceRun(self, run):
        producer = Producer(
            {
                **BOOTSTRAP,
                "compression.type": run["codec"],
                "acks": "all",
                "enable.idempotence": run["idempotent"],
                "linger.ms": 5,
                "queue.buffering.max.messages": 200_000,
            }
        )
        acknowledged = 0
        failures = []

        def delivered(error, _message):
            nonlocal acknowledged
            if error is not None:
                failures.append(str(error))
                return
            acknowledged += 1
            if acknowledged % 20_000 == 0:
                progress(acknowledged)

        topic, partitions, width = run["topic"], run["partitions"], run["valueBytes"]
        for index in range(run["count"]):
            value = b"%0*d" % (width, index // partitions)
            while True:
                try:
                    producer.produce(topic, value, partition=index % partitions, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.1)
            if index % 1000 == 0:
                producer.poll(0)
        producer.flush()
        if failures:
            raise RuntimeError(f"{len(failures)} failed, the first: {failures[0]}")

    def consumeRun(self, run):
        checker = RunChecker(run["partitions"], run["count"])
        consumer = new_consumer("unused", **{"enable.auto.commit": False})
        topic = run["topic"]
        consumer.assign([TopicPartition(topic, one, OFFSET_BEGINNING) for one in range(run["partitions"])])
        deadline = time.monotonic() + 120
        while checker.received < run["count"] and time.monotonic() < deadline:
            for message in consumer.consume(10_000, 0.5):
                if message.error() is not None:
                    raise RuntimeError(message.error())
                checker.saw(message.partition(), int(message.value()))
        consumer.close()
        return checker.report()


def new_consumer(group, **settings):
    return Consumer(
        {
            **BOOTSTRAP,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
            "heartbeat.interval.ms": 500,
            **settings,
        }
    )


def read(consumer, count):
    records = []
    deadline = time.monotonic() + 60
    while len(records) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(records)} of {count} records came")
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error() is not None:
            raise RuntimeError(message.error())
        records.append(
            {
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": message.timestamp()[1],
                "key": text(message.key()),
                "value": text(message.value()),
                "headers": [[name, text(value)] for name, value in message.headers() or []],
            }
        )
    return records


asyncio.run(serve(Peer()))
