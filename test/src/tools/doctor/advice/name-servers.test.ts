import t from 'tap'
import { nameServers } from '../../../../../src/tools/doctor/advice/name-servers.js'
import type { Probe } from '../../../../../src/tools/doctor/types.js'
import { explanation, probe } from '../fixtures/probes.js'

/** A broker whose rule leads to the endpoint, where that has an address. */
const broker = (nodeId: number, endpoint: string, address: string | null): Probe =>
  probe({
    nodeId,
    host: `b${nodeId}.kafka.example`,
    explanation: explanation({ targets: [{ host: endpoint, port: 9092, zone: null, written: endpoint }] }),
    address,
    addressPort: address === null ? null : 9092,
  })

const cases: { name: string; probes: Probe[]; said: string }[] = [
  {
    name: 'one broker, with its name, endpoint and address',
    probes: [broker(1, 'v1.example', '10.0.0.1')],
    said: 'Broker 1 (b1.kafka.example:9092) at v1.example:9092 (10.0.0.1:9092)',
  },
  {
    name: 'brokers that share an endpoint',
    probes: [broker(1, 'v1.example', '10.0.0.1'), broker(2, 'v1.example', '10.0.0.1')],
    said: 'Brokers 1 and 2 at v1.example:9092 (10.0.0.1:9092)',
  },
  {
    name: 'two endpoints, each whole, with all its brokers',
    probes: [
      broker(1, 'v1.example', '10.0.0.1'),
      broker(2, 'v2.example', '10.0.0.2'),
      broker(3, 'v1.example', '10.0.0.1'),
    ],
    said: 'Brokers 1 and 3 at v1.example:9092 (10.0.0.1:9092) and 2 at v2.example:9092 (10.0.0.2:9092)',
  },
  {
    name: 'more endpoints, by their addresses',
    probes: [1, 2, 3].map(id => broker(id, `v${id}.example`, `10.0.0.${id}`)),
    said: 'Brokers 1 at 10.0.0.1:9092, 2 at 10.0.0.2:9092 and 3 at 10.0.0.3:9092',
  },
  {
    name: 'more endpoints that have no address',
    probes: [1, 2, 3].map(id => broker(id, `v${id}.example`, null)),
    said: 'Brokers 1 at v1.example:9092, 2 at v2.example:9092 and 3 at v3.example:9092',
  },
  {
    name: 'many endpoints: the brokers that are left are counted',
    probes: [1, 2, 3, 4, 5, 6, 6, 7].map((id, index) => broker(index + 1, `v${id}.example`, `10.0.0.${id}`)),
    said: 'Brokers 1 at 10.0.0.1:9092, 2 at 10.0.0.2:9092, 3 at 10.0.0.3:9092, 4 at 10.0.0.4:9092, 5 at 10.0.0.5:9092 and 3 more',
  },
]
for (const { name, probes, said } of cases) {
  t.test(name, async t => {
    t.equal(nameServers(probes), said)
  })
}
