import t from 'tap'
import { diagnosisPage } from '../../../../../src/tools/doctor/page/page.js'
import { breakName } from '../../../../../src/tools/doctor/page/boxes.js'
import type { Probe } from '../../../../../src/tools/doctor/types.js'
import { diagnosis, explanation, judged, silentBroker } from '../fixtures/probes.js'

t.test('the page has the picture, the advice and every server, and takes nothing from elsewhere', async t => {
  const page = diagnosisPage(diagnosis({ ok: false, brokers: [judged(), silentBroker(2)] }))
  t.match(page, /1 of 2 brokers can be used/)
  t.match(page, /<svg .*b2\.kafka\.example:9092/s)
  t.match(page, /<li class="fail"><b>fail<\/b> Broker 2 .*: no answer in 5000 ms\./)
  t.match(
    page,
    /<tr class="fail"><td class="number" data-title="id">2<\/td><td class="name" data-title="server">b2\.<wbr>kafka\.<wbr>example:9092<\/td>/,
  )
  t.notMatch(page, /<script|src=|href=|url\(|@import|http-equiv="refresh"/)
  t.match(page, "default-src 'none'")
})

t.test('advice for many brokers stands once where it is the same', async t => {
  const page = diagnosisPage(diagnosis({ ok: false, brokers: [silentBroker(2), silentBroker(3)] }))
  t.equal(page.split('no answer in').length, 2)
})

t.test('no name and no message is HTML', async t => {
  const evil = '<img src=x onerror="alert(1)">&\'"\u0000\ud800'
  const page = diagnosisPage(
    diagnosis({
      clusterId: evil,
      mapOrigins: [evil],
      brokers: [
        judged({
          host: evil,
          rack: evil,
          explanation: explanation({ rule: { match: evil, index: 0, origin: evil, place: evil } }),
          error: { code: evil, message: evil },
          failedStep: 'tcp',
        }),
      ],
    }),
  )
  t.notMatch(page, '<img')
  t.notMatch(page, '\u0000')
  t.match(page, '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;&quot;')
})

t.test('no server at all is a page too', async t => {
  t.match(diagnosisPage(diagnosis({ ok: false, brokers: [] })), /0 of 1 bootstrap servers can&#39;t be used/)
})

t.test('a large cluster is drawn by what its brokers share, and the table has each of them', async t => {
  const brokers = Array.from({ length: 30 }, (_, index) =>
    index % 10 === 3 ? silentBroker(index + 1) : judged({ nodeId: index + 1, host: `b${index + 1}.kafka.example` }),
  )
  const page = diagnosisPage(diagnosis({ ok: false, brokers }))
  const svg = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'))
  const texts = [...svg.matchAll(/<text class="\w+"[^>]*>([^<]*)</g)].map(([, text]) => text)
  t.match(texts.join('\n'), '27 brokers\nids 1, 2, 3, 5, 6 and 22 more: ok\n3 brokers\nids 4, 14 and 24: fail tcp')
  t.equal(page.split('<tr class="').length - 1, 31)
})

t.test('no name is cut, and the way breaks where the step failed', async t => {
  const name = (index: number) =>
    `vpce-0a1b2c3d4e5f67890-xyz12345-us-east-1${'abc'.charAt(index)}.vpce-svc-0123456789abcdef0.us-east-1.vpce.example`
  const at = (index: number, changes: Partial<Probe>) =>
    judged({
      nodeId: index,
      host: `e-000${index}.use1-az1.domabcdefghij.us-east-1.aws.private.confluent.example`,
      explanation: explanation({ targets: [{ host: name(index), port: 9092, zone: null, written: '' }] }),
      ...changes,
    })
  const brokers = [
    at(0, { failedStep: 'map', error: { code: 'ERR_SPLIT_DNS_TARGET', message: 'x' } }),
    at(1, { failedStep: 'tcp', error: { code: 'ETIMEDOUT', message: 'Connection timeout' } }),
    at(2, { failedStep: 'sasl', error: { code: 'SASL', message: 'x' } }),
  ]
  const page = diagnosisPage(diagnosis({ ok: false, bootstrap: [], brokers }))
  const svg = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'))
  t.notMatch(svg, '…')
  const text = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, line = '']) => line).join('')
  for (const index of [0, 1, 2]) {
    t.match(text, `${name(index)}:9092`)
    t.match(text, `e-000${index}.use1-az1.domabcdefghij.us-east-1.aws.private.confluent.example:9092`)
  }
  // All three share the part to the rule; then each has two parts of its own.
  const states = [...svg.matchAll(/class="way (\w+)"/g)].map(([, state]) => state)
  t.same(states, ['fail', 'idle', 'idle', 'fail', 'idle', 'ok', 'fail'])
  t.equal(svg.split('class="break"').length - 1, 3)
})

const names: { text: string; most: number; lines: string[] }[] = [
  { text: 'b1.kafka.example:9092', most: 30, lines: ['b1.kafka.example:9092'] },
  { text: 'b1.kafka.example:9092', most: 14, lines: ['b1.kafka.', 'example:9092'] },
  { text: 'vpce-0a1b-xyz.example', most: 10, lines: ['vpce-0a1b-', 'xyz.', 'example'] },
  { text: 'abcdefghij', most: 4, lines: ['abcd', 'efgh', 'ij'] },
  { text: '', most: 4, lines: [] },
]

for (const { text, most, lines } of names) {
  t.test(`'${text}' in lines of ${most}`, async t => t.same(breakName(text, most), lines))
}
