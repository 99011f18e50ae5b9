import t from 'tap'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { makeCertificate } from '../certificate.js'
import type { WireKind } from '../dns-server.js'
import { missingServers, startRealServers, type RealServerName } from './real-servers.js'

// The transports against the servers of the field. What they say differs; what we make of it must not.
const missing = missingServers()

interface Case {
  readonly name: string
  readonly type?: 'A' | 'AAAA'
  readonly edns?: false
  readonly on: readonly RealServerName[]
  /** All that the server has, unless some are named. */
  readonly kinds?: readonly WireKind[]
  readonly response?: object
  readonly code?: string
}

const authoritative = ['named', 'unbound', 'dnsdist'] as const
const every = ['named', 'unbound', 'dnsmasq', 'dnsdist'] as const
const kindsOf = (server: RealServerName): readonly WireKind[] =>
  server === 'dnsmasq' ? ['udp', 'tcp'] : ['udp', 'tcp', 'tls', 'https']

const owner = 'boot.kafka.test'
const boot = [
  { type: 'A', owner, address: /^192\.0\.2\.1[12]$/ },
  { type: 'A', owner, address: /^192\.0\.2\.1[12]$/ },
]

const cases: readonly Case[] = [
  { name: owner, on: authoritative, response: { rcode: 'NOERROR', answers: boot } },
  {
    name: owner,
    on: ['dnsmasq'],
    response: { rcode: 'NOERROR', answers: [{ type: 'A', owner, address: '192.0.2.11', ttl: 60 }] },
  },
  { name: owner, type: 'AAAA', on: every, response: { answers: [{ type: 'AAAA', owner, address: '2001:db8::11' }] } },
  {
    name: 'a.b.eu.kafka.test',
    on: every,
    response: { answers: [{ owner: 'a.b.eu.kafka.test', address: '192.0.2.20' }] },
  },
  { name: 'b0-lkc_1.kafka.test', on: authoritative, response: { answers: [{ address: '192.0.2.21' }] } },
  { name: 'zero.kafka.test', on: authoritative, response: { answers: [{ ttl: 0, address: '192.0.2.14' }] } },
  {
    name: 'c1.kafka.test',
    on: authoritative,
    response: {
      answers: [
        { type: 'CNAME', owner: 'c1.kafka.test', ttl: 60, target: 'c2.kafka.test' },
        { type: 'CNAME', owner: 'c2.kafka.test', ttl: 5, target: owner },
        ...boot,
      ],
    },
  },
  {
    name: 'c1.kafka.test',
    on: ['dnsmasq'],
    response: { answers: [{ type: 'CNAME', ttl: 5, target: owner }, { type: 'A' }] },
  },
  {
    name: 'out.kafka.test',
    on: ['named', 'dnsdist'],
    response: { rcode: 'NOERROR', answers: [{ type: 'CNAME', target: 'elsewhere.example' }] },
  },
  {
    name: 'dangling.kafka.test',
    on: ['unbound'],
    response: { rcode: 'NOERROR', answers: [{ type: 'CNAME' }], negativeTtl: undefined },
  },
  {
    name: 'dangling.kafka.test',
    on: ['named', 'dnsdist'],
    response: { rcode: 'NXDOMAIN', answers: [{ type: 'CNAME' }], negativeTtl: 7 },
  },
  { name: 'nothing.kafka.test', on: authoritative, response: { rcode: 'NXDOMAIN', answers: [], negativeTtl: 7 } },
  { name: 'txtonly.kafka.test', on: authoritative, response: { rcode: 'NOERROR', answers: [], negativeTtl: 7 } },
  {
    name: 'v4only.kafka.test',
    type: 'AAAA',
    on: authoritative,
    response: { rcode: 'NOERROR', answers: [], negativeTtl: 7 },
  },
  {
    name: 'v4only.kafka.test',
    type: 'AAAA',
    on: ['dnsmasq'],
    response: { rcode: 'REFUSED', answers: [], negativeTtl: undefined },
  },
  {
    name: 'a.nx.test',
    on: ['unbound', 'dnsmasq', 'dnsdist'],
    response: { rcode: 'NXDOMAIN', answers: [], negativeTtl: undefined },
  },
  // Over UDP it is truncated, with 0 to 75 of its records, so it is asked for again.
  ...([undefined, false] as const).map(edns => ({
    name: 'big.kafka.test',
    ...(edns === undefined ? {} : { edns }),
    on: every,
    response: { rcode: 'NOERROR', truncated: false, answers: Array.from({ length: 90 }, () => ({ type: 'A' })) },
  })),
  { name: 'a.broken.test', on: ['named'], response: { rcode: 'SERVFAIL' } },
  { name: 'a.other.test', on: ['named', 'dnsdist', 'dnsmasq'], response: { rcode: 'REFUSED' } },
  { name: 'refuse.test', on: ['unbound'], response: { rcode: 'REFUSED' } },
  { name: 'servfail.test', on: ['dnsdist'], response: { rcode: 'SERVFAIL' } },
  { name: 'formerr.test', on: ['dnsdist'], response: { rcode: 'FORMERR' } },
  { name: 'notimp.test', on: ['dnsdist'], response: { rcode: 'NOTIMP' } },
  { name: 'drop.test', on: ['dnsdist'], kinds: ['https'], code: 'EHTTP' },
  { name: owner, on: ['named-noedns'], response: { rcode: 'FORMERR', answers: [] } },
  { name: owner, edns: false, on: ['named-noedns'], response: { rcode: 'NOERROR', answers: boot } },
]

const title = `BIND, unbound, dnsmasq and dnsdist are understood${missing === undefined ? '' : ` (skipped: ${missing})`}`

t.test(title, { skip: missing ?? false }, async t => {
  const certificate = makeCertificate()
  const servers = await startRealServers(certificate)
  t.teardown(() => servers.stop())
  const transport = createTransport({ tls: { ca: certificate.cert } })
  t.teardown(() => transport.close())
  const { signal } = new AbortController()

  for (const { name, type = 'A', edns = true, on, kinds, response, code } of cases) {
    for (const server of on) {
      for (const kind of kinds ?? kindsOf(server)) {
        t.test(`${server} over ${kind}${edns ? '' : ' without EDNS'}: ${name} ${type}`, async t => {
          const answer = transport.exchange(servers.upstream(server, kind), { name, type }, { signal, edns })
          if (code === undefined) t.match(await answer, response ?? {})
          else await t.rejects(answer, { name: 'TransportError', code })
        })
      }
    }
  }

  for (const server of ['named', 'unbound', 'dnsdist', 'dnsmasq'] as const) {
    for (const kind of kindsOf(server)) {
      t.test(`${server} over ${kind}: of 500 questions at once none is lost`, async t => {
        const asked = Array.from({ length: 500 }, (_, index) => `b${index}.eu.kafka.test`).map(name =>
          transport.exchange(servers.upstream(server, kind), { name, type: 'A' }, { signal, edns: true }),
        )
        const answers = await Promise.all(asked)
        t.ok(answers.every(({ answers: [first] }, index) => first?.owner === `b${index}.eu.kafka.test`))
      })
    }
  }

  t.test('what is dropped is silence', async t => {
    for (const kind of ['udp', 'tcp', 'tls'] as const) {
      const controller = new AbortController()
      const question = { name: 'drop.test', type: 'A' } as const
      const options = { signal: controller.signal, edns: true }
      const asked = transport.exchange(servers.upstream('dnsdist', kind), question, options).catch(identity)
      // A question behind it shows that the server had its time; over a stream, dnsdist then has closed the connection.
      await transport.exchange(servers.upstream('dnsdist', 'udp'), { name: owner, type: 'A' }, { signal, edns: true })
      controller.abort(new Error('enough'))
      t.match(await asked, { message: /enough|closed/ }, kind)
    }
  })
})

const identity = (error: unknown) => error
