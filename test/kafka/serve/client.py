"""Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition.

With STEADY set it sends on until its input ends instead, and prints how far it is as it goes.
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


def delivered(error, message):
    if error is not None:
        failures.append(str(error))


def send(number):
    while True:
        try:
            producer.produce(topic, str(number), partition=number % PARTITIONS, on_delivery=delivered)
            return
        except BufferError:
            producer.poll(0.1)


def receive(timeout):
    for message in consumer.consume(500, timeout):
        if message.error() is None:
            received[message.partition()].append(int(message.value()))


def count():
    return sum(len(numbers) for numbers in received.values())


sent = 0
if steady:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        send(sent)
        sent += 1
        producer.poll(0)
        receive(0.01)
        if sent % 20 == 0:
            print(json.dumps([len(numbers) for numbers in received.values()]), flush=True)
else:
    while sent < int(os.environ["COUNT"]):
        send(sent)
        sent += 1
        producer.poll(0)
unsent = producer.flush(60)
if unsent > 0 or failures:
    sys.exit(f"{unsent} not sent, {len(failures)} failed: {failures[:3]}")
until = time.monotonic() + 60
while count() < sent and time.monotonic() < until:
    receive(0.5)
# What comes twice comes now.
receive(0.5)
consumer.close()
print(json.dumps({"sent": sent, "received": received}))
