import t from 'tap'
import { adviseCluster } from '../../../../../src/tools/doctor/advice/advise-cluster.js'
import type { AdviceKind, Judged } from '../../../../../src/tools/doctor/types.js'
import { judged, silentBroker } from '../fixtures/probes.js'

const bootstrap = (host = 'bootstrap.kafka.example', port = 9092) =>
  judged({ role: 'bootstrap', nodeId: null, host, port })

const cases: {
  name: string
  bootstrap: Judged[]
  brokers: Judged[]
  nothing?: string
  kinds: AdviceKind[]
  said?: RegExp
}[] = [
  { name: 'all is well', bootstrap: [bootstrap()], brokers: [judged()], kinds: [] },
  {
    name: 'there is no map',
    bootstrap: [bootstrap()],
    brokers: [judged()],
    nothing: 'no map is set: set X',
    kinds: ['no-map'],
    said: /^No map is set: set X\. /,
  },
  {
    name: 'the bootstrap server answers and a broker does not',
    bootstrap: [bootstrap()],
    brokers: [judged(), silentBroker(2), silentBroker(3)],
    kinds: ['bootstrap-only'],
    said: /fails at the first topic whose leader is broker 2 or 3\./,
  },
  {
    name: 'no broker answers',
    bootstrap: [bootstrap()],
    brokers: [silentBroker(1)],
    kinds: ['bootstrap-only'],
    said: /whose leader is any of them\./,
  },
  {
    name: 'many brokers fail, of which some are named',
    bootstrap: [bootstrap()],
    brokers: [judged(), ...[2, 3, 4, 5, 6, 7, 8].map(silentBroker)],
    kinds: ['bootstrap-only'],
    said: /2, 3, 4, 5, 6 or 2 more/,
  },
  { name: 'nothing answers', bootstrap: [silentBroker(0)], brokers: [], kinds: [] },
  {
    name: 'the brokers are at another port than the bootstrap server',
    bootstrap: [bootstrap('seed.kafka.example', 30292)],
    brokers: [judged(), judged({ nodeId: 2 })],
    kinds: ['listener-differs'],
    said: /seed\.kafka\.example:30292 lists brokers at port 9092/,
  },
  {
    name: 'each broker has a port of its own, as some providers have it',
    bootstrap: [bootstrap('seed.kafka.example', 30292)],
    brokers: [judged({ port: 32092 }), judged({ port: 32093 })],
    kinds: [],
  },
  {
    name: 'the brokers are under another domain',
    bootstrap: [bootstrap('seed.private.example')],
    brokers: [judged({ host: 'b1.public.test' })],
    kinds: ['listener-differs'],
    said: /lists brokers at names under public\.test/,
  },
]

for (const { name, bootstrap, brokers, nothing = null, kinds, said } of cases) {
  t.test(name, async t => {
    const found = adviseCluster(bootstrap, brokers, nothing)
    t.same(
      found.map(({ kind }) => kind),
      kinds,
    )
    if (said !== undefined) t.match(found[0]?.text, said)
  })
}
