import type DnsPacket from 'dns-packet'
import type { Family } from '../address/address.js'
import { loadDnsPacket } from '../packages.js'
import type { Seconds } from '../units.js'
import { optRecord } from '../wire/query.js'
import { HEADER_OCTETS } from '../wire/record.js'
import type { ReceivedQuery } from './read-query.js'

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

export type ReplyCode = keyof typeof rcodes

/** What a reply holds behind the question, encoded, so that it can be written again for the same answer. */
export interface ReplyBody {
  readonly rcode: ReplyCode
  readonly answers: number
  readonly authorities: number
  readonly records: Buffer
}

const QR = 0x8000
const TC = 0x0200
const RA = 0x0080
// In the first octet of an OPT record's flags.
const DO = 0x80
// What a reply repeats of the query's flags: RD and CD (RFC 4035 section 3.2.2).
const REPEATED = 0x0110
const POINTER_TO_QUESTION = Buffer.from([0xc0, HEADER_OCTETS])
/** What every UDP client takes without EDNS. */
const LEAST_UDP_OCTETS = 512

/** The addresses as an answer. `ttl` holds for each. */
export function addressBody(addresses: readonly string[], family: Family, ttl: Seconds): ReplyBody {
  const type = family === 4 ? 'A' : 'AAAA'
  const records = addresses.map(address => encodeRecord({ type, name: '.', ttl, data: address, class: 'IN' }))
  return { rcode: 'NOERROR', answers: records.length, authorities: 0, records: Buffer.concat(records) }
}

/**
 * NODATA (`NOERROR`) or NXDOMAIN for as long as `ttl`: with a SOA record, whose owner is the name itself, so that the
 * answer may be cached for that long (RFC 2308 section 5) and is good for no other name.
 */
export function negativeBody(rcode: 'NOERROR' | 'NXDOMAIN', ttl: Seconds): ReplyBody {
  const data = { mname: '.', rname: '.', serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: ttl }
  return { rcode, answers: 0, authorities: 1, records: encodeRecord({ type: 'SOA', name: '.', ttl, data }) }
}

/** A response code and nothing else. */
export const codeBody = (rcode: ReplyCode): ReplyBody => ({
  rcode,
  answers: 0,
  authorities: 0,
  records: Buffer.alloc(0),
})

/** The whole reply: the query's id and question, the body, and an OPT record where the query has one. */
export function encodeReply(query: ReceivedQuery, body: ReplyBody): Buffer {
  return write(query, body, 0)
}

/** The reply in place of one that is too long for UDP: no record, and TC, so that the client asks again over TCP. */
export function truncatedReply(query: ReceivedQuery, rcode: ReplyCode = 'NOERROR'): Buffer {
  return write(query, codeBody(rcode), TC)
}

/** The reply to a packet that holds no question that can be read: the header alone (RFC 1035 section 4.1.1). */
export function headerReply(packet: Buffer, rcode: 'FORMERR' | 'NOTIMP'): Buffer {
  const reply = Buffer.alloc(HEADER_OCTETS)
  // Another opcode is repeated as well.
  const flags = QR | RA | (packet.readUInt16BE(2) & (REPEATED | 0x7800)) | rcodes[rcode]
  writeHeader(reply, packet.readUInt16BE(0), flags, { questions: 0, answers: 0, authorities: 0, hasOpt: false })
  return reply
}

/** How long an answer over UDP may be. */
export const udpLimit = ({ udpPayload }: ReceivedQuery): number =>
  udpPayload === undefined ? LEAST_UDP_OCTETS : Math.max(udpPayload, LEAST_UDP_OCTETS)

function write(query: ReceivedQuery, { rcode, answers, authorities, records }: ReplyBody, flag: number): Buffer {
  const { message, questionEnd, udpPayload, isDnssecOk, id } = query
  const hasOpt = udpPayload !== undefined
  const recordsEnd = questionEnd + records.length
  const reply = Buffer.allocUnsafe(recordsEnd + (hasOpt ? optRecord().length : 0))
  const flags = QR | RA | flag | (message.readUInt16BE(2) & REPEATED) | (rcodes[rcode] & 15)
  writeHeader(reply, id, flags, { questions: 1, answers, authorities, hasOpt })
  // As it came: a client may check that the letters' case is its own.
  message.copy(reply, HEADER_OCTETS, HEADER_OCTETS, questionEnd)
  records.copy(reply, questionEnd)
  if (hasOpt) {
    optRecord().copy(reply, recordsEnd)
    // The upper bits of the rcode, and the first octet of the flags.
    reply[recordsEnd + 5] = rcodes[rcode] >> 4
    reply[recordsEnd + 7] = isDnssecOk ? DO : 0
  }
  return reply
}

interface Sections {
  readonly questions: number
  readonly answers: number
  readonly authorities: number
  readonly hasOpt: boolean
}

function writeHeader(reply: Buffer, id: number, flags: number, sections: Sections): void {
  reply.writeUInt16BE(id, 0)
  reply.writeUInt16BE(flags, 2)
  reply.writeUInt16BE(sections.questions, 4)
  reply.writeUInt16BE(sections.answers, 6)
  reply.writeUInt16BE(sections.authorities, 8)
  reply.writeUInt16BE(sections.hasOpt ? 1 : 0, 10)
}

/** The record with the question's name, as a pointer, in place of the root's one octet. */
const encodeRecord = (record: DnsPacket.Answer): Buffer =>
  Buffer.concat([POINTER_TO_QUESTION, loadDnsPacket().answer.encode(record).subarray(1)])
