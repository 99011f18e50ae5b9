import t from 'tap'
import { brokerTable } from '../../../../src/tools/doctor/table.js'
import { explanation, judged, silentBroker } from './fixtures/probes.js'

const long = 'vpce-0123456789abcdef0-abcdefgh-us-east-1a.vpce-svc-0123456789abcdef0.us-east-1.vpce.example'
const brokers = [
  judged({ rack: 'use1-az1' }),
  silentBroker(2),
  judged({
    nodeId: 1000,
    host: 'e-0001.use1-az4.domfake00001.us-east-1.aws.confluent.example',
    explanation: explanation({ targets: [{ host: long, port: 9092, zone: null, written: long }] }),
  }),
]

for (const width of [40, 60, 80, 119, 120, 160, 200]) {
  t.test(`a table for ${width} columns fits them, and every verdict is whole`, async t => {
    const lines = brokerTable(brokers, width)
    t.equal(lines.length, 4)
    for (const line of lines) t.ok(line.length <= width, line)
    t.match(lines[2], /fail tcp$/)
    t.match(lines[3], /…/)
  })
}

t.test('the wide table has the rule, the address and the certificate', async t => {
  const [head = '', first = ''] = brokerTable(brokers, 200)
  t.match(
    head,
    /id {2}broker .* rack .* rule .* endpoint .* address .* tcp ms {2}tls ms {2}certificate .* until .* verdict$/,
  )
  t.match(first, /\*\.kafka\.example .* 10\.0\.0\.1:9092 .* 2099-01-01 {2}ok$/)
})

t.test('a column that nobody fills is left out', async t => {
  t.notMatch(brokerTable([judged({ tlsMs: null })], 80)[0], /tls|rack/)
})
