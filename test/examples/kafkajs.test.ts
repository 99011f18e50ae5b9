import { client, connected, createTopic } from '../kafka/clients.js'
import { runScript } from '../kafka/run-script.js'
import { mapFor } from '../kafka/split-dns-factory.js'
import { kafkaTest } from '../kafka/suite.js'

kafkaTest('ports', 'examples/kafkajs.ts sends a message and reads it again', async (t, kafka) => {
  const topic = 'example'
  await createTopic(kafka, await connected(t, client(kafka).admin()), topic)
  const { code, stdout } = await runScript('examples/kafkajs', [], {
    KAFKA_BROKERS: kafka.bootstrap.plaintext,
    KAFKA_TOPIC: topic,
    KAFKA_SPLIT_DNS_MAP: mapFor(kafka),
  }).outcome
  t.equal(code, 0)
  t.match(stdout, /^example: hello$/m)
})
