import t from 'tap'
import { diagnosisPage } from '../../../../../src/tools/doctor/page/page.js'
import { diagnosis, explanation, judged, silentBroker } from '../fixtures/probes.js'

t.test('the page has the picture, the advice and every server, and takes nothing from elsewhere', async t => {
  const page = diagnosisPage(diagnosis({ ok: false, brokers: [judged(), silentBroker(2)] }))
  t.match(page, /1 of 2 brokers can be used/)
  t.match(page, /<svg .*b2\.kafka\.example:9092/s)
  t.match(page, /<li class="fail"><b>fail<\/b> Broker 2 .*: no answer in 5000 ms\./)
  t.match(page, /<tr class="fail"><td>2<\/td><td>b2\.kafka\.example:9092<\/td>/)
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
