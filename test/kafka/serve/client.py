"""Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition.

With STEADY set it sends until its input ends instead, and answers each line of its input with how far it is.
"""

import json
import os
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

PARTITIONS = 3
topic = os.environ["TOPIC"]
steady = "STEADY" in os.environ
config = {
    "bootstrap.servers": os.environ["BOOTSTRAP"],
    "security.protocol": os.environ["PROTOCOL"].upper(),
    # Short waits, so that what is disturbed is tried again soon.
    "reconnect.backoff.max.ms": 500,
    "topic.metadata.refresh.interval.ms": 1000,
}
if "CA" in os.environ:
    config["ssl.ca.location"] = os.environ["CA"]
if "SASL" in config["security.protocol"]:
    config.update(
        {
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": os.environ["USERNAME"],
            "sasl.password": os.environ["PASSWORD"],
        }
    )

producer = Producer({**config, "enable.idempotence": True})
consumer = Consumer({**config, "group.id": topic, "auto.offset.reset": "earliest"})
consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
received = {partition: [] for partition in range(PARTITIONS)}
failures = []
sent = 0
ended = threading.Event()


def delivered(error, message):
    if error is not None:
        failures.append(str(error))


def send():
    global sent
    while True:
        try:
            producer.produce(topic, str(sent), partition=sent % PARTITIONS, on_delivery=delivered)
            sent += 1
            return
        except BufferError:
            producer.poll(0.1)


def receive(timeout):
    for message in consumer.consume(500, timeout):
        if message.error() is None:
            received[message.partition()].append(int(message.value()))


def received_counts():
    return [len(numbers) for numbers in received.values()]


def answer_input():
    for _ in sys.stdin:
        print(json.dumps({"sent": sent, "received": received_counts()}), flush=True)
    ended.set()


if steady:
    threading.Thread(target=answer_input, daemon=True).start()
    while not ended.is_set():
        send()
        producer.poll(0)
        receive(0.02)
else:
    while sent < int(os.environ["COUNT"]):
        send()
        producer.poll(0)
unsent = producer.flush(60)
if unsent > 0 or failures:
    sys.exit(f"{unsent} not sent, {len(failures)} failed: {failures[:3]}")
until = time.monotonic() + 60
while sum(received_counts()) < sent and time.monotonic() < until:
    receive(0.5)
# What comes twice comes now.
receive(0.5)
consumer.close()
print(json.dumps({"sent": sent, "received": received}))
