"""Answers a peer's operations on stdin and stdout as JSON lines: serve_peer.ts draws the protocol."""

import asyncio
import json
import sys
import threading
import traceback

_output = threading.Lock()


def write(message):
    with _output:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def progress(acknowledged):
    write({"progress": acknowledged})


def bootstrap_address():
    if len(sys.argv) != 2:
        sys.exit("usage: <peer program> host:port")
    return sys.argv[1]


async def serve(peer):
    """Each operation is a method of `peer`, by its name in the protocol; a coroutine or a plain one.

    Plain ones run in a thread of their own, so that operations run concurrently.
    """

    async def answer(line):
        request = json.loads(line)
        try:
            operation = getattr(peer, request["op"])
            if asyncio.iscoroutinefunction(operation):
                result = await operation(*request["args"])
            else:
                result = await asyncio.to_thread(operation, *request["args"])
            write({"id": request["id"], "result": result})
        except Exception:  # the test wants to read whatever it was
            write({"id": request["id"], "error": traceback.format_exc()})

    running = set()
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        task = asyncio.create_task(answer(line))
        running.add(task)
        task.add_done_callback(running.discard)


class RunChecker:
    """Follows the numbers of a run as they arrive and counts what is missing or came again."""

    def __init__(self, partitions, count):
        self.next = [0] * partitions
        self.per_partition = count // partitions
        self.received = 0
        self.lost = 0
        self.repeated = 0

    def saw(self, partition, number):
        expected = self.next[partition]
        self.received += 1
        if number < expected:
            self.repeated += 1
            return
        self.lost += number - expected
        self.next[partition] = number + 1

    def report(self):
        missing_at_end = sum(self.per_partition - number for number in self.next)
        return {
            "received": self.received,
            "lost": self.lost + missing_at_end,
            "repeated": self.repeated,
        }


def text(value):
    return None if value is None else value.decode()
