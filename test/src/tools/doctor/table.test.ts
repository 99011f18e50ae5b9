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

/** Without what is said of the names' endings. */
const tableLines = (lines: readonly string[]) => lines.slice(0, 4)

for (const width of [40, 60, 80, 119, 120, 160, 200]) {
  t.test(`a table for ${width} columns fits them, and every verdict is whole`, async t => {
    const lines = tableLines(brokerTable(brokers, width))
    t.equal(lines.length, 4)
    for (const line of lines) t.ok(line.length <= width, line)
    t.match(lines[2], /fail tcp$/)
  })
}

t.test('in a pipe, or with --wide, every column is there and every name is whole', async t => {
  const [head = '', first = '', , third = ''] = brokerTable(brokers, Infinity)
  t.match(
    head,
    /id {2}broker .* rack .* rule .* endpoint .* address .* tcp ms {2}tls ms {2}certificate .* until .* verdict$/,
  )
  t.match(first, /\*\.kafka\.example .* 10\.0\.0\.1:9092 .* 2099-01-01 {2}ok$/)
  t.match(third, `e-0001.use1-az4.domfake00001.us-east-1.aws.confluent.example:9092`)
  t.match(third, long)
})

t.test('a column that nobody fills is left out', async t => {
  t.notMatch(brokerTable([judged({ tlsMs: null })], 80)[0], /tls|rack/)
})

/** Brokers and endpoints as providers name them, 70 to 110 characters long. */
const zonal = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const zone = 'abc'.charAt(index % 3)
    const host = `vpce-0a1b2c3d4e5f67890-xyz12345-us-east-1${zone}.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.example`
    return judged({
      nodeId: index,
      host: `e-${String(index).padStart(4, '0')}.use1-az${(index % 3) + 1}.domabcdefghij.us-east-1.aws.private.confluent.example`,
      rack: `use1-az${(index % 3) + 1}`,
      explanation: explanation({ targets: [{ host, port: 9092, zone: null, written: host }] }),
    })
  })

for (const count of [3, 30]) {
  for (const width of [80, 120, 200]) {
    t.test(
      `${count} brokers with long names at ${width} columns: all rows fit, and no two names look alike`,
      async t => {
        const brokers = zonal(count)
        const lines = brokerTable(brokers, width)
        const rows = lines.slice(1, count + 1)
        for (const row of [lines[0] ?? '', ...rows]) t.ok(row.length <= width, row)
        t.equal(new Set(rows.map(row => row.trim().split(/ {2,}/)[1])).size, count)
        t.equal(new Set(rows.map(row => /us-east-1[abc]|-1[abc]…/.exec(row)?.[0])).size, 3, rows.join('\n'))
      },
    )
  }
}

t.test('what all names end in is said once', async t => {
  const lines = brokerTable(zonal(3), 120)
  t.match(lines[1], /e-0000\.use1-az1… .* vpce-0a1b2c3d4e5f67890-xyz12345-us-east-1a… /)
  t.match(lines.join('\n'), '… of each broker:\n  .domabcdefghij.us-east-1.aws.private.confluent.example:9092')
})
