import t from 'tap'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { respond, type ResponseParts } from '../../servers/dns-message.js'
import { closedPort, type Reply, type ServerQuery } from '../../servers/dns-server.js'
import { encodeName, opt, record } from '../../servers/zone-text.js'
import { ask, goodHandler, goodParts as good, goodResponse, kinds, name, openServer, openTransport } from './fixture.js'

// One table over all ways to a server: what it says, and what comes of that.
const soa = 'kafka.example. 60 IN SOA ns.example. hostmaster.example. 1 3600 600 86400 7'

interface Case {
  readonly name: string
  readonly says: ResponseParts | ((query: ServerQuery) => Reply | Promise<Reply>)
  readonly type?: 'A' | 'AAAA'
  /** The whole response, or some of its fields. */
  readonly response?: object
  readonly code?: string
}

const sameForAll: readonly Case[] = [
  { name: 'an A record is an address', says: good, response: goodResponse },
  {
    name: 'an AAAA record is an address',
    says: { answers: [`${name}. 30 IN AAAA 2001:db8:0:0:1::1`] },
    type: 'AAAA',
    response: { answers: [{ type: 'AAAA', owner: name, ttl: 30, address: '2001:db8::1:0:0:1' }] },
  },
  {
    name: 'a chain comes in its order',
    says: {
      answers: [
        `${name}. 30 IN CNAME C1.example.`,
        'c1.EXAMPLE. 5 IN CNAME c2.example.',
        'c2.example. 9 IN A 192.0.2.2',
      ],
    },
    response: {
      answers: [
        { type: 'CNAME', owner: name, ttl: 30, target: 'c1.example' },
        { type: 'CNAME', owner: 'c1.example', ttl: 5, target: 'c2.example' },
        { type: 'A', owner: 'c2.example', ttl: 9, address: '192.0.2.2' },
      ],
    },
  },
  {
    name: 'a CNAME alone is no error',
    says: { answers: [`${name}. 30 IN CNAME c1.example.`] },
    response: { rcode: 'NOERROR', answers: [{ type: 'CNAME', target: 'c1.example' }], negativeTtl: undefined },
  },
  {
    name: 'a CNAME that leads to itself is handed on',
    says: { answers: [`${name}. 30 IN CNAME ${name}.`] },
    response: { answers: [{ type: 'CNAME', owner: name, target: name }] },
  },
  { name: 'TTL 0 is 0', says: { answers: [`${name}. 0 IN A 192.0.2.1`] }, response: { answers: [{ ttl: 0 }] } },
  ...[2 ** 31, 2 ** 32 - 1].map(ttl => ({
    name: `TTL ${ttl} has its top bit set and is capped`,
    says: { answers: [`${name}. ${ttl} IN A 192.0.2.1`] },
    response: { answers: [{ ttl: 2 ** 31 - 1 }] },
  })),
  {
    name: 'other types and classes are passed over',
    says: { answers: [`${name}. 30 CH A 192.0.2.9`, `${name}. 30 IN TXT text`, ...(good.answers ?? [])] },
    response: goodResponse,
  },
  {
    name: 'NXDOMAIN lives for the MINIMUM of the SOA',
    says: { rcode: 'NXDOMAIN', authorities: [soa] },
    response: { rcode: 'NXDOMAIN', answers: [], negativeTtl: 7 },
  },
  {
    name: 'NODATA lives for the TTL of the SOA where that is smaller',
    says: { authorities: [soa.replace(' 60 ', ' 3 ')] },
    response: { rcode: 'NOERROR', answers: [], negativeTtl: 3 },
  },
  {
    name: 'an SOA in ADDITIONAL does not count',
    says: { rcode: 'NXDOMAIN', additionals: [soa] },
    response: { rcode: 'NXDOMAIN', answers: [], negativeTtl: undefined },
  },
  ...(['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'] as const).flatMap(rcode => [
    { name: `${rcode} is a response`, says: { rcode }, response: { rcode, answers: [] } },
    {
      name: `${rcode} may come as a bare header`,
      says: { rcode, question: null, additionals: [] },
      response: { rcode },
    },
  ]),
  { name: 'BADVERS is not NOERROR', says: { rcode: 'BADVERS' }, response: { rcode: 'RCODE16', answers: [] } },
  {
    name: 'the question may come back in capitals',
    says: query => respond(query, { ...good, question: { name: name.toUpperCase(), type: 'A' } }),
    response: goodResponse,
  },
  {
    name: 'a late answer is an answer',
    says: async query => {
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      return respond(query, good)
    },
    response: goodResponse,
  },
  { name: 'a packet cut short is malformed', says: query => respond(query, good).subarray(0, -12), code: 'EBADRESP' },
  { name: 'an A record cut short is malformed', says: withAnswer(Buffer.from([192, 0, 2])), code: 'EBADRESP' },
  {
    name: 'RDLENGTH beyond the packet is malformed',
    says: withAnswer(Buffer.from([192, 0, 2, 1]), 400),
    code: 'EBADRESP',
  },
  {
    name: 'octets after the end cost no answer',
    says: { ...good, trailing: Buffer.alloc(3) },
    response: goodResponse,
  },
  { name: 'two OPT records cost no answer', says: { ...good, additionals: [opt(), opt()] }, response: goodResponse },
]

function withAnswer(data: Buffer, rdlength?: number): ResponseParts {
  return { answers: [record(encodeName(name), 1, 1, 30, data, rdlength)] }
}

/** What is no response to the query: over UDP perhaps a forgery, so the real one is waited for. */
const mismatches: readonly Case[] = [
  { name: 'another id', says: query => respond(query, { ...good, id: query.id ^ 0x0101 }) },
  {
    name: 'another name',
    says: query => respond(query, { ...good, question: { name: 'b1.kafka.example', type: 'A' } }),
  },
  { name: 'another type', says: query => respond(query, { ...good, question: { name, type: 'AAAA' } }) },
  { name: 'a query', says: { ...good, isResponse: false } },
  { name: 'another opcode', says: { ...good, opcode: 5 } },
  { name: 'an answer without a question', says: { ...good, question: null } },
  { name: 'garbage', says: () => Buffer.from('this is no DNS message') },
  { name: 'a single octet', says: () => Buffer.from([0]) },
]

const reply = (query: ServerQuery, { says }: Case) => (typeof says === 'function' ? says(query) : respond(query, says))

for (const kind of kinds) {
  for (const each of sameForAll) {
    t.test(`${kind}: ${each.name}`, async t => {
      const server = await openServer(t, query => reply(query, each))
      const answer = ask(openTransport(t), server.upstream(kind), each.type === undefined ? {} : { type: each.type })
      if (each.code === undefined) t.match(await answer, each.response ?? {})
      else await t.rejects(answer, { name: 'TransportError', code: each.code, message: server.upstream(kind).label })
    })
  }

  for (const each of mismatches) {
    t.test(`${kind}: ${each.name} ${kind === 'udp' ? 'is ignored' : 'is EBADRESP'}`, async t => {
      const server = await openServer(t, async query => {
        const wrong = await reply(query, each)
        return wrong instanceof Uint8Array ? [wrong, respond(query, good)] : []
      })
      const answer = ask(openTransport(t), server.upstream(kind))
      if (kind === 'udp') t.same(await answer, goodResponse)
      else await t.rejects(answer, { name: 'TransportError', code: 'EBADRESP' })
    })
  }

  t.test(`${kind}: an OPT record is sent only with edns; recursion is desired`, async t => {
    for (const edns of [true, false]) {
      const server = await openServer(t)
      t.same(await ask(openTransport(t), server.upstream(kind), { edns }), goodResponse)
      t.match(server.queries, [{ name, type: 'A', edns, recursionDesired: true }])
    }
  })

  t.test(`${kind}: silence lasts until the signal aborts, and its reason is the rejection`, async t => {
    const reason = new Error('600 ms are over')
    const controller = new AbortController()
    const { signal } = controller
    const server = await openServer(t, () => {
      controller.abort(reason)
      return undefined
    })
    const transport = openTransport(t)
    t.equal(await ask(transport, server.upstream(kind), { signal }).catch(identity), reason)
    t.equal(await ask(transport, server.upstream(kind), { signal }).catch(identity), reason, 'aborted beforehand')
    t.equal(server.queries.length, 1)
  })

  t.test(`${kind}: a closed port is ECONNREFUSED, with the server's label and a cause`, async t => {
    const upstream = parseUpstream(`${kind}://127.0.0.1:${await closedPort()}${kind === 'https' ? '/dns-query' : ''}`)
    const expected = { name: 'TransportError', code: 'ECONNREFUSED', message: upstream.label, cause: Error }
    await t.rejects(ask(openTransport(t), upstream), expected)
  })

  t.test(`${kind}: a name that can't go on the wire is EBADNAME, and nothing is sent`, async t => {
    const server = await openServer(t)
    const transport = openTransport(t)
    for (const bad of ['', 'a..example', 'a b.example', `${'a'.repeat(64)}.example`]) {
      const expected = { name: 'TransportError', code: 'EBADNAME' }
      await t.rejects(ask(transport, server.upstream(kind), { name: bad }), expected)
    }
    t.equal(server.queries.length, 0)
  })

  t.test(`${kind}: close ends what is pending with ECLOSED, and later questions too`, async t => {
    const transport = openTransport(t)
    const server = await openServer(t, () => {
      void transport.close()
      return undefined
    })
    await t.rejects(ask(transport, server.upstream(kind)), { code: 'ECLOSED' })
    await t.rejects(ask(transport, server.upstream(kind)), { code: 'ECLOSED' })
    await transport.close()
  })

  t.test(`${kind}: a server at an IPv6 address answers too`, async t => {
    const server = await openServer(t, goodHandler, { address: '::1' })
    t.same(await ask(openTransport(t), server.upstream(kind)), goodResponse)
  })
}

t.test('system has no wire', async t => {
  const asked = ask(openTransport(t), { kind: 'system', label: 'system' })
  await t.rejects(asked, { name: 'TransportError', code: 'ENOTSUP' })
})

const identity = (error: unknown) => error
