import t from 'tap'
import { readQuery } from '../../../lib/server/read-query.js'
import { queryOf } from './fixture.js'

const change = (packet: Buffer, at: number, ...octets: number[]): Buffer => {
  const copy = Buffer.from(packet)
  Buffer.from(octets).copy(copy, at)
  return copy
}

const plain = queryOf('b0.Kafka.example')
const withOpt = queryOf('b0.kafka.example', 28, { payload: 1400 })
const optAt = withOpt.length - 11

t.test('a question is read with its name in lower case, and its OPT record', async t => {
  const result = readQuery(withOpt)
  t.match(result, { kind: 'query', query: { id: 0x1234, name: 'b0.kafka.example', type: 28, class: 1 } })
  t.match(result, { query: { questionEnd: optAt, udpPayload: 1400, isDnssecOk: false } })
  t.match(readQuery(change(withOpt, optAt + 7, 0x80)), { kind: 'query', query: { isDnssecOk: true } })
  t.match(readQuery(plain), {
    kind: 'query',
    query: { name: 'b0.kafka.example', udpPayload: undefined, isDnssecOk: false },
  })
})

const error = (rcode: string) => ({ kind: 'error', rcode })
const rejected = (rcode: string) => ({ kind: 'rejected', rcode })
const ignore = { kind: 'ignore' }

const table: readonly [string, Buffer, object][] = [
  ['an empty packet', Buffer.alloc(0), ignore],
  ['less than a header', plain.subarray(0, 11), ignore],
  ['a response', change(plain, 2, 0x81), ignore],
  ['opcode IQUERY', change(plain, 2, 0x09), error('NOTIMP')],
  ['opcode UPDATE', change(plain, 2, 0x29), error('NOTIMP')],
  ['opcode 15', change(plain, 2, 0x79), error('NOTIMP')],
  ['a response of another opcode', change(plain, 2, 0xa9), ignore],
  ['no question', change(plain, 4, 0, 0), error('FORMERR')],
  ['two questions', change(plain, 4, 0, 2), error('FORMERR')],
  ['more records than there is room for', change(plain, 6, 0xff, 0xff), error('FORMERR')],
  ['a record that is missing', change(plain, 10, 0, 1), error('FORMERR')],
  ['a name cut short', plain.subarray(0, 20), error('FORMERR')],
  ['a pointer in the question', change(plain, 12, 0xc0, 12), error('FORMERR')],
  ['a label of an unknown kind', change(plain, 12, 0x40), error('FORMERR')],
  ['a question without class', plain.subarray(0, plain.length - 2), error('FORMERR')],
  ['octets after the end', Buffer.concat([plain, Buffer.alloc(1)]), error('FORMERR')],
  ['two OPT records', change(Buffer.concat([withOpt, withOpt.subarray(optAt)]), 10, 0, 2), error('FORMERR')],
  ['an OPT record that is not of the root', change(withOpt, optAt, 1), error('FORMERR')],
  ['another version of EDNS', change(withOpt, optAt + 6, 1), rejected('BADVERS')],
  ['a zone transfer', queryOf('kafka.example', 252), rejected('NOTIMP')],
  ['an incremental zone transfer', queryOf('kafka.example', 251), rejected('NOTIMP')],
]

for (const [what, packet, expected] of table) {
  t.test(what, async t => t.match(readQuery(packet), expected))
}
