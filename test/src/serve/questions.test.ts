// Whatever a stub resolver may ask for a name of the map, and the whole reply: by a plain client, and by dig.
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { decode } from 'dns-packet'
import t from 'tap'
import { askUdp, queryOf } from '../../lib/server/fixture.js'
import { askOverTcp, world, type Zone } from './fixture.js'

const many = Array.from({ length: 60 }, (_, index) => `many.example. 60 IN A 192.0.2.${index + 1}`)
const zone: Zone = {
  'vpce.example A': ['vpce.example. 60 IN A 192.0.2.1'],
  'many.example A': many,
}
const map = 'b0.kafka.example=vpce.example,many.kafka.example=many.example,no.kafka.example=refuse'
const name = 'b0.kafka.example'
const rcodes: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  16: 'BADVERS',
}
const flagBits = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, z: 0x0040, ad: 0x0020, cd: 0x0010 }

/** `NOERROR qr rd ra | QNAME TYPE | records | opt udp 1232`, without what is not there. */
function describe(reply: Buffer | undefined): string {
  if (reply === undefined) return 'silence'
  const { questions = [], answers = [], authorities = [], additionals = [] } = decode(reply)
  const flags = reply.readUInt16BE(2)
  const opts = additionals.filter(record => record.type === 'OPT')
  const rcode = (flags & 15) + 16 * (opts[0]?.extendedRcode ?? 0)
  const records = [...answers, ...authorities].map(record =>
    'data' in record && typeof record.data === 'string' ? `${record.type} ${record.data}` : record.type,
  )
  const owners = [...answers, ...authorities].every(record => record.name === questions[0]?.name)
  return [
    [rcodes[rcode], ...Object.entries(flagBits).flatMap(([word, bit]) => ((flags & bit) === 0 ? [] : [word]))].join(
      ' ',
    ),
    ...questions.map(question => `${question.name} ${question.type}`),
    ...(records.length > 3 ? [`${records.length} records`] : records),
    ...(owners ? [] : ['of other names']),
    ...opts.map(({ udpPayloadSize, flag_do }) => `opt udp ${udpPayloadSize}${flag_do ? ' do' : ''}`),
  ].join(' | ')
}

const withFlags = (packet: Buffer, flags: number) => {
  packet.writeUInt16BE(flags, 2)
  return packet
}
const changed = (packet: Buffer, at: number, octet: number) => {
  packet[at < 0 ? packet.length + at : at] = octet
  return packet
}
/** An option that no server knows, 2 octets long, in the OPT record at the end. */
const withOption = (packet: Buffer) => Buffer.concat([changed(packet, -1, 6), Buffer.from([0xfd, 0xe9, 0, 2, 1, 2])])
const edns = (type = 1) => queryOf(name, type, { payload: 1232 })

const nodata = (type: string) => `NOERROR qr rd ra | ${name} ${type} | SOA`
const answer = `${name} A | A 192.0.2.1`

const table: readonly [string, Buffer, string][] = [
  ['A', queryOf(name), `NOERROR qr rd ra | ${answer}`],
  ['AAAA of a target that has none', queryOf(name, 28), nodata('AAAA')],
  ['CNAME', queryOf(name, 5), nodata('CNAME')],
  ['NS', queryOf(name, 2), nodata('NS')],
  ['SOA', queryOf(name, 6), nodata('SOA')],
  ['PTR', queryOf(name, 12), nodata('PTR')],
  ['MX', queryOf(name, 15), nodata('MX')],
  ['TXT', queryOf(name, 16), nodata('TXT')],
  ['SRV', queryOf(name, 33), nodata('SRV')],
  ['DS', queryOf(name, 43), nodata('DS')],
  ['SVCB', queryOf(name, 64), nodata('UNKNOWN_64')],
  ['HTTPS', queryOf(name, 65), nodata('UNKNOWN_65')],
  ['ANY', queryOf(name, 255), nodata('ANY')],
  ['a type that is not known', queryOf(name, 65_280), nodata('UNKNOWN_65280')],
  ['a refused name, any type', queryOf('no.kafka.example', 16), 'NXDOMAIN qr rd ra | no.kafka.example TXT | SOA'],
  ['EDNS', edns(), `NOERROR qr rd ra | ${answer} | opt udp 1232`],
  ['EDNS with DO (RFC 3225)', changed(edns(), -4, 0x80), `NOERROR qr rd ra | ${answer} | opt udp 1232 do`],
  ['EDNS with other flags', changed(edns(), -3, 0xff), `NOERROR qr rd ra | ${answer} | opt udp 1232`],
  ['EDNS with an option', withOption(edns()), `NOERROR qr rd ra | ${answer} | opt udp 1232`],
  ['EDNS and NODATA', edns(16), `${nodata('TXT')} | opt udp 1232`],
  ['EDNS of another version (RFC 6891)', changed(edns(), -5, 1), `BADVERS qr rd ra | ${name} A | opt udp 1232`],
  ['without RD', withFlags(queryOf(name), 0), `NOERROR qr ra | ${answer}`],
  ['with CD, AD and Z (RFC 4035)', withFlags(queryOf(name), 0x0170), `NOERROR qr rd ra cd | ${answer}`],
  ['a zone transfer (RFC 5936)', queryOf(name, 252), `NOTIMP qr rd ra | ${name} AXFR`],
  ['opcode NOTIFY', withFlags(queryOf(name), 0x2000), 'NOTIMP qr ra'],
  ['opcode UPDATE', withFlags(queryOf(name), 0x2800), 'NOTIMP qr ra'],
  ['no question', changed(queryOf(name), 5, 0), 'FORMERR qr rd ra'],
  ['two questions (RFC 9619)', changed(queryOf(name), 5, 2), 'FORMERR qr rd ra'],
  ['the case of letters', queryOf('B0.kafka.EXAMPLE'), 'NOERROR qr rd ra | B0.kafka.EXAMPLE A | A 192.0.2.1'],
  ['too many addresses for 512 octets', queryOf('many.kafka.example'), 'NOERROR qr tc rd ra | many.kafka.example A'],
  [
    'too many for the size that EDNS names',
    queryOf('many.kafka.example', 1, { payload: 600 }),
    'NOERROR qr tc rd ra | many.kafka.example A | opt udp 1232',
  ],
  [
    'room for all by EDNS',
    queryOf('many.kafka.example', 1, { payload: 1232 }),
    'NOERROR qr rd ra | many.kafka.example A | 60 records | opt udp 1232',
  ],
  ['a response', withFlags(queryOf(name), 0x8180), 'silence'],
]

t.test('a plain client gets what the RFCs ask for', async t => {
  const { serving, upstream } = await world(t, { zone, options: { map } })
  for (const [what, packet, expected] of table) {
    t.equal(describe(await askUdp(serving, packet, expected === 'silence' ? 100 : undefined)), expected, what)
  }
  const [, , whole = ''] = describe(await askOverTcp(serving, queryOf('many.kafka.example'))).split(' | ')
  t.equal(whole, '60 records', 'all over TCP')
  const passed = upstream.queries.map(query => query.name).filter(asked => asked.endsWith('kafka.example'))
  t.same(passed, [], 'no question for a name of the map is passed on')
})

const dig = { skip: spawnSync('dig', ['-v']).error === undefined ? false : 'dig is not installed' }

const byDig: readonly [string, RegExp][] = [
  [name, /status: NOERROR(.|\n)*IN\tA\t192\.0\.2\.1/],
  [`${name} +dnssec`, /flags: do; udp: 1232(.|\n)*192\.0\.2\.1/],
  [`${name} HTTPS`, /status: NOERROR(.|\n)*ANSWER: 0, AUTHORITY: 1/],
  [`${name} ANY +notcp`, /status: NOERROR(.|\n)*ANSWER: 0, AUTHORITY: 1/],
  [`${name} +edns=1 +noednsneg`, /status: BADVERS(.|\n)*QUESTION SECTION/],
  [`${name} +edns=1`, /retrying with EDNS version 0(.|\n)*192\.0\.2\.1/],
  [`${name} +nsid +subnet=192.0.2.0/24 +cookie`, /status: NOERROR(.|\n)*192\.0\.2\.1/],
  [`${name} +opcode=status`, /opcode: STATUS, status: NOTIMP/],
  ['+header-only', /status: FORMERR/],
  [`${name} AXFR`, /Transfer failed/],
  ['many.kafka.example +noedns', /Truncated, retrying in TCP mode(.|\n)*ANSWER: 60/],
  ['many.kafka.example +noedns +ignore', /flags: qr tc rd ra; QUERY: 1, ANSWER: 0/],
  [`-x 192.0.2.1`, /status: NXDOMAIN/],
]

t.test('dig gets it too', dig, async t => {
  const { serving } = await world(t, { zone, options: { map } })
  const server = ['@127.0.0.1', '-p', String(serving.port), '+tries=1', '+timeout=10']
  for (const [question, expected] of byDig) {
    const run = promisify(execFile)('dig', ['-r', ...server, ...question.split(' ')])
    // A transfer that fails is an exit code too.
    const { stdout } = await run.catch((error: unknown) => error as { stdout: string })
    t.match(stdout, expected, `dig ${question}`)
    t.notMatch(stdout, /warning: (?!edns query)|malformed|extra bytes/i, `dig ${question}: nothing is odd`)
  }
})
