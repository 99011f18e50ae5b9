import t from 'tap'
import { interpretResponse, maxLinks, ttlWithoutSoa, type Reply } from '../../../../lib/resolver/ask/chain.js'
import type { Response } from '../../../../lib/wire/response.js'
import { found, nothing, said } from '../fake-transport.js'

const link = (index: number, ttl = 60) =>
  `${index === 0 ? 'b0.example' : `c${index}.example`}. ${ttl} IN CNAME c${index + 1}.example.`
const origin = { server: 'udp://192.0.2.53:53', receivedAtMs: 0 }
const links = (count: number) => Array.from({ length: count }, (_, index) => link(index))

/** `A 30: 192.0.2.1`, in brief. */
function brief(reply: Reply): string {
  switch (reply.kind) {
    case 'addresses':
      return `${reply.ttl}: ${reply.addresses.map(({ address }) => address).join(' ')}`
    case 'alias':
      return `${reply.ttl}: alias ${reply.target}`
    case 'negative':
      return `${reply.ttl}: ${reply.rcode}`
    case 'failure':
      return reply.outcome
  }
}

const cases: { name: string; response: Response; reply: string; type?: 'AAAA' }[] = [
  { name: 'an address', response: found('b0.example. 30 IN A 192.0.2.1'), reply: '30: 192.0.2.1' },
  {
    name: 'several addresses have the smallest TTL',
    response: found('b0.example. 30 IN A 192.0.2.1', 'b0.example. 20 IN A 192.0.2.2'),
    reply: '20: 192.0.2.1 192.0.2.2',
  },
  { name: 'IPv6', type: 'AAAA', response: found('b0.example. 30 IN AAAA 2001:db8::1'), reply: '30: 2001:db8::1' },
  {
    name: 'the chain has the smallest TTL',
    response: found('b0.example. 10 IN CNAME c.example.', 'c.example. 30 IN A 192.0.2.1'),
    reply: '10: 192.0.2.1',
  },
  {
    name: 'the order of records makes no difference',
    response: found(
      'd.example. 30 IN A 192.0.2.1',
      'c.example. 40 IN CNAME d.example.',
      'b0.example. 50 IN CNAME c.example.',
    ),
    reply: '30: 192.0.2.1',
  },
  {
    name: 'records that the chain does not reach are none',
    response: found('other.example. 30 IN A 192.0.2.66', 'b0.example. 30 IN A 192.0.2.1'),
    reply: '30: 192.0.2.1',
  },
  {
    name: 'an address of the alias, not of its target, is none',
    response: found('b0.example. 30 IN CNAME c.example.', 'b0.example. 30 IN A 192.0.2.66'),
    reply: '30: alias c.example',
  },
  {
    name: 'the other family is none',
    response: found('b0.example. 30 IN AAAA 2001:db8::1'),
    reply: `${ttlWithoutSoa}: NODATA`,
  },
  {
    name: 'what is no address is none',
    response: found('b0.example. 30 IN A 192.0.2.300'),
    reply: `${ttlWithoutSoa}: NODATA`,
  },
  {
    name: 'a CNAME alone leads to its target',
    response: found('b0.example. 30 IN CNAME c.example.'),
    reply: '30: alias c.example',
  },
  {
    name: 'a CNAME alone is no negative answer, SOA or not',
    response: { ...found('b0.example. 30 IN CNAME c.example.'), negativeTtl: 60 },
    reply: '30: alias c.example',
  },
  {
    name: 'a chain alone leads to its end',
    response: found('b0.example. 30 IN CNAME c.example.', 'c.example. 9 IN CNAME d.example.'),
    reply: '9: alias d.example',
  },
  {
    name: 'a CNAME to what can not be asked for',
    response: found('b0.example. 30 IN CNAME a\\.b.example.'),
    reply: 'CNAME to an invalid host name',
  },
  { name: 'a CNAME to itself', response: found('b0.example. 30 IN CNAME b0.example.'), reply: 'CNAME loop' },
  {
    name: 'a loop',
    response: found('b0.example. 30 IN CNAME c.example.', 'c.example. 30 IN CNAME b0.example.'),
    reply: 'CNAME loop',
  },
  {
    name: 'a chain of the greatest length',
    response: found(...links(maxLinks), `c${maxLinks}.example. 60 IN A 192.0.2.1`),
    reply: '60: 192.0.2.1',
  },
  {
    name: 'a longer chain',
    response: found(...links(maxLinks + 1), `c${maxLinks + 1}.example. 60 IN A 192.0.2.1`),
    reply: 'CNAME loop',
  },
  {
    name: 'of two CNAMEs the first counts',
    response: found(
      'b0.example. 30 IN CNAME c.example.',
      'b0.example. 30 IN CNAME d.example.',
      'c.example. 30 IN A 192.0.2.1',
      'd.example. 30 IN A 192.0.2.2',
    ),
    reply: '30: 192.0.2.1',
  },
  { name: 'NODATA lives as its SOA says', response: nothing('NODATA', 40), reply: '40: NODATA' },
  { name: 'NXDOMAIN lives as its SOA says', response: nothing('NXDOMAIN', 40), reply: '40: NXDOMAIN' },
  { name: 'NXDOMAIN without SOA lives briefly', response: nothing('NXDOMAIN'), reply: `${ttlWithoutSoa}: NXDOMAIN` },
  {
    name: 'NXDOMAIN at the end of a chain lives no longer than the chain',
    response: { ...said('NXDOMAIN', 'b0.example. 3 IN CNAME c.example.'), negativeTtl: 40 },
    reply: '3: NXDOMAIN',
  },
  {
    name: 'NXDOMAIN with addresses is NXDOMAIN',
    response: said('NXDOMAIN', 'b0.example. 30 IN A 192.0.2.1'),
    reply: `${ttlWithoutSoa}: NXDOMAIN`,
  },
  ...(['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR', 'RCODE23'] as const).map(rcode => ({
    name: `${rcode} is no answer`,
    response: said(rcode, 'b0.example. 30 IN A 192.0.2.1'),
    reply: rcode,
  })),
  {
    name: 'what is truncated is no answer',
    response: { ...found('b0.example. 30 IN A 192.0.2.1'), truncated: true },
    reply: 'truncated',
  },
]

for (const { name, response, reply, type = 'A' } of cases) {
  t.test(name, async t => t.equal(brief(interpretResponse({ name: 'b0.example', type }, response, origin)), reply))
}

t.test('an answer is cut to what a cache can bear', async t => {
  const many = Array.from({ length: 1000 }, (_, index) => `b0.example. 30 IN A 192.0.${index >> 8}.${index & 255}`)
  const reply = interpretResponse({ name: 'b0.example', type: 'A' }, found(...many), origin)
  t.equal(reply.kind === 'addresses' && reply.addresses.length, 256)
  const long = interpretResponse(
    { name: 'b0.example', type: 'A' },
    found(`b0.example. 30 IN CNAME ${'\\000'.repeat(200)}.`, `${'\\000'.repeat(200)}. 30 IN A 192.0.2.1`),
    origin,
  )
  t.ok(long.kind === 'addresses' && long.text.length < 240)
})
