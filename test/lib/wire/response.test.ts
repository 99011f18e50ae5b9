import { isIP, SocketAddress } from 'node:net'
import t from 'tap'
import { encodeQuery } from '../../../lib/wire/query.js'
import { parseResponse } from '../../../lib/wire/response.js'
import { parseQuery, respond, type ResponseParts } from '../../servers/dns-message.js'
import { encodeName, opt, record, rr } from '../../servers/zone-text.js'

const question = { name: 'b0.kafka.example', type: 'A' } as const
const query = parseQuery(encodeQuery(question, { id: 0x1234, edns: true }))
const expected = { id: 0x1234, question }
const parse = (parts: ResponseParts) => parseResponse(respond(query, parts), expected)
const a = 'b0.kafka.example. 30 IN A 192.0.2.1'
const pointer = Buffer.from([0xc0, 12])

// Header, question, and an A record whose owner is a pointer to the question: what most servers send.
const compressed = Buffer.from(
  '1234 8180 0001 0001 0000 0000 026230 056b61666b61 076578616d706c65 00 0001 0001 c00c 0001 0001 0000001e 0004 c0000201'.replaceAll(
    ' ',
    '',
  ),
  'hex',
)

t.test('an owner may be a pointer to the question', async t => {
  t.match(parseResponse(compressed, expected), { answers: [{ owner: question.name, address: '192.0.2.1', ttl: 30 }] })
})

t.test('a plain Uint8Array is read too, also one that begins within its memory', async t => {
  const larger = new Uint8Array(compressed.length + 10)
  larger.set(compressed, 5)
  t.match(parseResponse(larger.subarray(5, -5), expected), { answers: [{ address: '192.0.2.1' }] })
})

t.test('the response keeps nothing of the packet', async t => {
  const packet = Buffer.from(compressed)
  const response = parseResponse(packet, expected)
  packet.fill(0xff)
  t.match(response, { answers: [{ owner: question.name, address: '192.0.2.1', ttl: 30 }] })
})

for (const [rcode, name] of [
  [6, 'RCODE6'],
  [15, 'RCODE15'],
] as const) {
  t.test(`rcode ${rcode} is ${name}`, async t => {
    const packet = Buffer.from(compressed)
    packet[3] = 0x80 | rcode
    t.equal(parseResponse(packet, expected).rcode, name)
  })
}

t.test("OPT's upper bits are part of the rcode", async t => {
  t.equal(parse({ rcode: 'REFUSED', additionals: [opt({ extendedRcode: 1 })] }).rcode, 'RCODE21')
  t.equal(parse({ additionals: [opt({ version: 1 })] }).rcode, 'NOERROR', 'a version is none')
})

const soa = (rdata: Buffer) => record(encodeName('example'), 6, 1, 60, rdata)
const kept: readonly { name: string; parts: ResponseParts; match: object }[] = [
  {
    name: 'an unknown type in the answer',
    parts: { answers: ['x.example. 1 IN TYPE65280 00ff', a] },
    match: { answers: [{ address: '192.0.2.1' }] },
  },
  {
    name: 'an unknown type in ADDITIONAL',
    parts: { answers: [a], additionals: ['x.example. 1 IN TYPE48 00'] },
    match: { answers: [{ address: '192.0.2.1' }] },
  },
  {
    name: 'an A record of class 0x8001',
    parts: { answers: [record(encodeName('b0.kafka.example'), 1, 0x8001, 1, Buffer.alloc(4)), a] },
    match: { answers: [{ address: '192.0.2.1' }] },
  },
  { name: 'an A record in AUTHORITY', parts: { authorities: [a] }, match: { answers: [] } },
  {
    name: 'an OPT record in AUTHORITY',
    parts: { authorities: [opt({ extendedRcode: 1 })] },
    match: { rcode: 'NOERROR' },
  },
  {
    name: 'an SOA of another class',
    parts: { authorities: ['example. 9 CH SOA ns.example. h.example. 1 2 3 4 5'] },
    match: { negativeTtl: undefined },
  },
  {
    name: 'the second SOA',
    parts: {
      authorities: [
        'example. 9 IN SOA ns.example. h.example. 1 2 3 4 5',
        'example. 1 IN SOA ns.example. h.example. 1 2 3 4 1',
      ],
    },
    match: { negativeTtl: 5 },
  },
  {
    name: 'an NS record beside the SOA',
    parts: { authorities: ['example. 9 IN NS ns.example.', 'example. 9 IN SOA ns.example. h.example. 1 2 3 4 5'] },
    match: { negativeTtl: 5 },
  },
  {
    name: 'an owner that is not what was asked',
    parts: { answers: ['x.example. 1 IN A 192.0.2.9'] },
    match: { answers: [{ owner: 'x.example' }] },
  },
  {
    name: 'a CNAME to the root',
    parts: { answers: ['b0.kafka.example. 1 IN CNAME .'] },
    match: { answers: [{ target: '' }] },
  },
  {
    name: 'a CNAME to a name with a dot in a label',
    parts: { answers: ['b0.kafka.example. 1 IN CNAME a\\.b.example.'] },
    match: { answers: [{ target: 'a\\.b.example' }] },
  },
  {
    name: 'an OPT record with an owner',
    parts: { answers: [a], additionals: [record(encodeName('x'), 41, 1232, 0x01000000, Buffer.alloc(0))] },
    match: { rcode: 'NOERROR', answers: [{ address: '192.0.2.1' }] },
  },
  {
    name: 'an OPT record beside another',
    parts: { answers: [a], additionals: [opt({ extendedRcode: 1 }), opt()] },
    match: { rcode: 'RCODE16', answers: [{ address: '192.0.2.1' }] },
  },
  {
    name: 'an octet after the end',
    parts: { answers: [a], trailing: Buffer.alloc(1) },
    match: { answers: [{ address: '192.0.2.1' }] },
  },
  {
    name: 'an octet after the end of a negative answer',
    parts: { authorities: ['example. 9 IN SOA ns.example. h.example. 1 2 3 4 5'], trailing: Buffer.alloc(1) },
    match: { answers: [], negativeTtl: 5 },
  },
  {
    name: 'a broken SOA behind an answer',
    parts: { answers: [a], authorities: [soa(Buffer.alloc(3))] },
    match: { answers: [{ address: '192.0.2.1' }], negativeTtl: undefined },
  },
]
for (const { name, parts, match } of kept) {
  t.test(`${name} does no harm`, async t => {
    t.match(parse(parts), match)
  })
}

const refused: readonly { name: string; parts: ResponseParts }[] = [
  { name: 'an A record of 5 octets', parts: { answers: [record(pointer, 1, 1, 1, Buffer.alloc(5))] } },
  { name: 'an A record of none', parts: { answers: [record(pointer, 1, 1, 1, Buffer.alloc(0))] } },
  { name: 'an AAAA record of 15 octets', parts: { answers: [record(pointer, 28, 1, 1, Buffer.alloc(15))] } },
  { name: 'a CNAME and a surplus octet', parts: { answers: [record(pointer, 5, 1, 1, Buffer.from([1, 97, 0, 0]))] } },
  {
    name: 'a CNAME that ends in its RDLENGTH',
    parts: { answers: [record(pointer, 5, 1, 1, Buffer.from([1, 97, 0]), 2), Buffer.from([0])] },
  },
  { name: 'an RDLENGTH too large', parts: { answers: [record(pointer, 1, 1, 1, Buffer.alloc(4), 60_000)] } },
  { name: 'an RDLENGTH too small', parts: { answers: [record(pointer, 1, 1, 1, Buffer.alloc(4), 3)] } },
  {
    name: 'an SOA without its timers',
    parts: { authorities: [soa(Buffer.concat([encodeName('ns.example'), encodeName('h.example')]))] },
  },
  {
    name: 'an SOA with surplus octets',
    parts: { authorities: [soa(Buffer.concat([Buffer.alloc(2), Buffer.alloc(21)]))] },
  },
  { name: 'a record more than 1,000', parts: { answers: Array.from({ length: 1001 }, () => rr(a)) } },
]
for (const { name, parts } of refused) {
  t.test(`${name} is malformed`, async t => {
    t.throws(() => parse(parts), { name: 'WireError', fault: 'malformed' })
  })
}

t.test('1,000 records are read', async t => {
  t.equal(parse({ answers: Array.from({ length: 1000 }, () => rr(a)) }).answers.length, 1000)
})

for (const [section, at, isRefused] of [
  ['questions', 4, true],
  ['answers', 6, true],
  ['authorities', 8, false],
  ['additionals', 10, false],
] as const) {
  t.test(`65,535 ${section} of which nothing is there ${isRefused ? 'are refused' : 'cost no answer'}`, async t => {
    const packet = Buffer.from(compressed)
    packet.writeUInt16BE(0xffff, at)
    if (isRefused) t.throws(() => parseResponse(packet, expected), { name: 'WireError' })
    else t.match(parseResponse(packet, expected).answers, [{ address: '192.0.2.1' }])
  })
}

const authorities = ['example. 9 IN SOA ns.example. h.example. 1 2 3 4 5']

t.test('a packet cut before the end of its answers is refused, later it costs no answer', async t => {
  const whole = respond(query, { answers: [a], authorities })
  const answersEnd = respond(query, { answers: [a] }).length - opt().length
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length)
    if (length < answersEnd) t.throws(() => parseResponse(cut, expected), { name: 'WireError' }, `${length} octets`)
    else t.match(parseResponse(cut, expected).answers, [{ address: '192.0.2.1' }], `${length} octets`)
  }
})

t.test('a negative answer cut before the end of its authority section is refused', async t => {
  const whole = respond(query, { rcode: 'NXDOMAIN', authorities })
  const authorityEnd = whole.length - opt().length
  for (let length = 0; length < authorityEnd; length++) {
    t.throws(() => parseResponse(whole.subarray(0, length), expected), { name: 'WireError' }, `${length} octets`)
  }
})

t.test('an error tells where', async t => {
  t.throws(() => parseResponse(compressed.subarray(0, -1), expected), { offset: 46, message: / at offset 46$/ })
})

const addresses = [
  ...[
    '::',
    '::1',
    '2001:db8::',
    '2001:db8::1',
    '2001:db8:0:1::1',
    '2001:db8:0:0:1::',
    '2001:0:0:1:0:0:0:1',
    '1:0:0:2:3:0:0:4',
  ],
  ...[
    '::ffff:192.0.2.1',
    '::192.0.2.1',
    '::1:2',
    '64:ff9b::192.0.2.1',
    'fe80::1',
    '1:2:3:4:5:6:7:8',
    '1:0:3:4:5:6:7:8',
    '0:1:0:1:0:1:0:1',
  ],
  ...[
    '0:0:1::',
    '1::',
    '::1:0:0:0:0',
    '0:0:0:0:ffff:0:0:0',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '::ffff:0:0',
    '::ffff:0.0.0.1',
  ],
]
t.test('an IPv6 address is written as the system writes it', async t => {
  for (const text of addresses) {
    const { answers } = parse({ answers: [`b0.kafka.example. 1 IN AAAA ${text}`] })
    const address = new SocketAddress({ address: text, family: 'ipv6' }).address
    t.match(answers, [{ address }], text)
    t.equal(isIP(address), 6)
  }
})

t.test('each pattern of zero groups in an IPv6 address is written as the system writes it', async t => {
  for (let pattern = 0; pattern < 256; pattern++) {
    const text = Array.from({ length: 8 }, (_, group) => (((pattern >> group) & 1) === 1 ? 'ab1' : '0')).join(':')
    const [first] = parse({ answers: [`b0.kafka.example. 1 IN AAAA ${text}`] }).answers
    const address = new SocketAddress({ address: text, family: 'ipv6' }).address
    if (first?.type !== 'AAAA' || first.address !== address) t.fail(text, { first, address })
  }
})
