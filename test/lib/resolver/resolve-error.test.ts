import t from 'tap'
import { ResolveError, summarizeAttempts } from '../../../lib/resolver/resolve-error.js'
import type { Attempt } from '../../../lib/resolver/types.js'

const [a, b, c, d] = ['udp://192.0.2.1:53', 'udp://192.0.2.2:53', 'udp://192.0.2.3:53', 'udp://192.0.2.4:53']

const attempt = (server = '', outcome = '', durationMs = 1, question = 'A b0.x.example', reason?: string): Attempt => ({
  server,
  outcome,
  durationMs,
  question,
  ...(reason !== undefined && { reason }),
})

const cases: { name: string; attempts: Attempt[]; text: string }[] = [
  { name: 'one server', attempts: [attempt(a, 'SERVFAIL', 3.2)], text: `${a}: SERVFAIL after 3 ms` },
  {
    name: 'a server is named once, with its longest wait',
    attempts: [attempt(a, 'timeout', 600), attempt(b, 'SERVFAIL', 1), attempt(a, 'timeout', 200)],
    text: `${a}: timeout after 600 ms; ${b}: SERVFAIL after 1 ms`,
  },
  {
    name: 'a server that said several things is named once too',
    attempts: [attempt(a, 'NODATA', 2), attempt(a, 'timeout', 600, 'AAAA b0.x.example')],
    text: `${a}: NODATA, timeout after 600 ms`,
  },
  {
    name: 'servers that said the same share one part',
    attempts: [attempt(a, 'timeout', 600), attempt(b, 'timeout', 400)],
    text: `${a} and ${b}: timeout after 600 ms`,
  },
  {
    name: 'many that said the same are counted',
    attempts: [a, b, c, d].map(server => attempt(server, 'REFUSED', 1)),
    text: `${a}, ${b} and 2 more: REFUSED after 1 ms`,
  },
  {
    name: 'a question for another name is named',
    attempts: [attempt(a, 'NXDOMAIN', 3, 'A b0.x.example.svc.test')],
    text: `${a}: NXDOMAIN for b0.x.example.svc.test after 3 ms`,
  },
  {
    name: 'all names where there are several, and both types of one are one',
    attempts: ['A b0.x.example.svc.test', 'AAAA b0.x.example.svc.test', 'A b0.x.example'].map(question =>
      attempt(a, 'NXDOMAIN', 3, question),
    ),
    text: `${a}: NXDOMAIN for b0.x.example.svc.test and b0.x.example after 3 ms`,
  },
  {
    name: 'many names are counted',
    attempts: [1, 2, 3, 4, 5].map(n => attempt(a, 'NXDOMAIN', 3, `A b${n}.x.example`)),
    text: `${a}: NXDOMAIN for b1.x.example, b2.x.example and 3 more after 3 ms`,
  },
  {
    name: 'a reason stands beside the code',
    attempts: [attempt(a, 'EBADRESP', 1, 'A b0.x.example', 'a name cut short at offset 40')],
    text: `${a}: EBADRESP (a name cut short at offset 40) after 1 ms`,
  },
  {
    name: 'getaddrinfo is asked for the name as it was written',
    attempts: [attempt('system', 'EAI_AGAIN', 5, 'b0.x.example.')],
    text: 'system: EAI_AGAIN after 5 ms',
  },
]

for (const { name, attempts, text } of cases) {
  t.test(name, async t => {
    for (const host of ['b0.x.example', 'B0.X.Example.']) {
      const error = new ResolveError('EAI_AGAIN', host, attempts)
      t.equal(error.message, `getaddrinfo EAI_AGAIN ${host} (${text})`, 'with the host as it was asked for')
      t.equal(error.hostname, host)
      t.equal(error.attempts, attempts)
    }
  })
}

t.test('without attempts there is nothing to sum up', async t => {
  t.strictSame(summarizeAttempts([], 'b0.x.example'), [])
  t.equal(new ResolveError('ENOTFOUND', 'b0').message, 'getaddrinfo ENOTFOUND b0')
})
