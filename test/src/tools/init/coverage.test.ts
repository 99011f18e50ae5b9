import t from 'tap'
import { makeMap, type MapRequest } from '../../../../src/tools/init/make-map.js'
import { coverageOf, widenMap } from '../../../../src/tools/init/coverage.js'

const request = (host: string, more: Partial<MapRequest> = {}): MapRequest => ({
  brokers: [{ host, port: 9092 }],
  endpoints: ['vpce.example'],
  zones: [],
  basePort: undefined,
  ...more,
})

const msk = (n: number) => `b-${n}.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com`

const cases: {
  name: string
  request: MapRequest
  brokers: string[]
  /** Each broker whose name the widened map has in the command that makes it. */
  named: string[]
  refused?: [host: string, reason: RegExp][]
}[] = [
  {
    name: 'brokers that one pattern covers: the first is named',
    request: request('boot.kafka.example'),
    brokers: ['b1.kafka.example', 'b2.kafka.example', 'b30.kafka.example'],
    named: ['b1.kafka.example'],
  },
  {
    name: 'brokers of several patterns',
    request: request('boot.kafka.example'),
    brokers: ['b1.kafka.example', 'n1.kafka.example', 'b2.kafka.example'],
    named: ['b1.kafka.example', 'n1.kafka.example'],
  },
  {
    name: 'a broker that is covered already changes nothing',
    request: request(msk(1)),
    brokers: [msk(2)],
    named: [],
  },
  {
    name: 'a broker of another cluster is refused, and the others are not',
    request: request(msk(1)),
    brokers: ['b1.other.example', msk(3)],
    named: [],
    refused: [['b1.other.example', /belong to two clusters/]],
  },
  {
    name: 'a broker without an endpoint of its own is refused',
    request: request('b1.kafka.example', { endpoints: ['1=v1.example', '2=v2.example'] }),
    brokers: ['b2.kafka.example', 'b3.kafka.example'],
    named: [],
    refused: [['b3.kafka.example', /broker 3 has no endpoint/]],
  },
]

for (const { name, request, brokers, named, refused = [] } of cases) {
  t.test(name, async t => {
    const made = makeMap(request)
    const listed = brokers.map((host, index) => ({ nodeId: index + 1, host, port: 9092 }))
    const widened = widenMap(request, made, listed)
    t.match(
      widened.refused.map(({ broker, reason }) => [broker.host, reason]),
      refused,
    )
    t.equal(widened.refused.length, refused.length)
    const [, command = ''] = /^# {3}(kafka-split-dns init .*)$/m.exec(widened.made.text) ?? []
    for (const host of brokers) t.equal(command.includes(host), named.includes(host), host)
    const missing = coverageOf(widened.made.table, listed).filter(broker => broker.missing !== null)
    t.same(
      missing.map(({ host }) => host),
      refused.map(([host]) => host),
    )
  })
}
