import { isIP, SocketAddress } from 'node:net'
import { loadDnsPacket } from '../packages.js'
import type { Seconds } from '../units.js'
import { readName, skipName } from './name.js'
import type { Question } from './query.js'
import { Reader, type RecordAt } from './reader.js'
import { WireError } from './wire-error.js'

/** A record codec of dns-packet: `decode` reads RDLENGTH and RDATA at the offset, and checks neither. */
interface RdataCodec {
  decode(buffer: Buffer, offset?: number): string
}

declare module 'dns-packet' {
  export const a: RdataCodec
  export const aaaa: RdataCodec
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

/** A response code by its name, or as RCODE and its number; the upper bits that an OPT record adds are in it. */
export type Rcode = (typeof rcodes)[number] | `RCODE${number}`

/** A record of the answer section. Names are as `readName` gives them. */
export type AnswerRecord =
  | { readonly type: 'A' | 'AAAA'; readonly owner: string; readonly ttl: Seconds; readonly address: string }
  | { readonly type: 'CNAME'; readonly owner: string; readonly ttl: Seconds; readonly target: string }

/** What a server said, checked. Holds no part of the packet. */
export interface Response {
  readonly rcode: Rcode
  /** True: records are missing, and `answers` is empty, since any number of them may have been left out. */
  readonly truncated: boolean
  /** The answer section in its order: class IN and the types A, AAAA and CNAME alone. */
  readonly answers: readonly AnswerRecord[]
  /** The smaller of the TTL and the MINIMUM of the authority section's SOA (RFC 2308 section 5); undefined without one. */
  readonly negativeTtl: Seconds | undefined
}

/** What a packet has to be a response to. */
export interface Expected {
  readonly id: number
  readonly question: Question
}

const FLAGS_AT = 2
const COUNTS_AT = 4
const QUESTION_AT = 12
// The shortest record is the root's name, type, class, TTL and RDLENGTH.
const MIN_RECORD_OCTETS = 11
const QR = 0x8000
const OPCODE = 0x7800
const TC = 0x0200
const RCODE = 0x000f
const NOERROR = 0
const NXDOMAIN = 3
const CLASS_IN = 1
const TYPE = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const
const answerTypes: ReadonlyMap<number, AnswerRecord['type']> = new Map([
  [TYPE.A, 'A'],
  [TYPE.CNAME, 'CNAME'],
  [TYPE.AAAA, 'AAAA'],
])
const ADDRESS_OCTETS = { A: 4, AAAA: 16 } as const
// Serial, refresh, retry and expire, which are of no use here; MINIMUM follows them.
const SOA_TIMERS_OCTETS = 16
const POINTER_TO_QUESTION = 0xc00c
const DOT = 0x2e
/** Ten times what BIND stores in one RRset by default; more only serves to keep a resolver busy. */
const MAX_ANSWERS = 1000
/** RFC 8767 section 4: a TTL with its top bit set is a large one, not zero; the cache's own limit is far below. */
const MAX_TTL: Seconds = 0x7fffffff

/**
 * The response that the packet holds. Throws WireError and nothing else: `mismatch` where it answers no such question,
 * `malformed` where its answers can't be read. The cost is bounded by the packet's length alone.
 */
export function parseResponse(bytes: Uint8Array, { id, question }: Expected): Response {
  const packet = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = readFlags(packet, id)
  const rcode = flags & RCODE
  const questions = packet.readUInt16BE(COUNTS_AT)
  const answers = packet.readUInt16BE(COUNTS_AT + 2)
  const authorities = packet.readUInt16BE(COUNTS_AT + 4)
  const additionals = packet.readUInt16BE(COUNTS_AT + 6)
  let offset = QUESTION_AT
  if (questions === 1) offset = checkQuestion(packet, question)
  // A server that can't read a query or won't serve it may answer with the bare header.
  else if (questions > 0 || answers > 0 || rcode === NOERROR || rcode === NXDOMAIN)
    throw new WireError('mismatch', `${questions} questions`, COUNTS_AT)
  // Some servers cut a truncated message anywhere, and none says how much is missing: nothing after this is used.
  if ((flags & TC) !== 0) return { rcode: rcodeName(rcode), truncated: true, answers: [], negativeTtl: undefined }
  const reader = new Reader(packet, offset)
  // An early end: a count that can't be true need not be read up to the last octet.
  if (offset + MIN_RECORD_OCTETS * answers > packet.length) reader.fail('more records than there is room for')
  const records = readAnswers(reader, answers, question.name)
  const { negativeTtl, extendedRcode } = readClosing(reader, authorities, additionals, answers > 0)
  return { rcode: rcodeName((extendedRcode << 4) | rcode), truncated: false, answers: records, negativeTtl }
}

/** As `parseResponse`, for ways that carry any length: a truncated response there has no other way to be asked again. */
export function parseUntruncated(packet: Uint8Array, expected: Expected): Response {
  const response = parseResponse(packet, expected)
  if (response.truncated) throw new WireError('malformed', 'a truncated response where none has to be', FLAGS_AT)
  return response
}

function readFlags(packet: Buffer, id: number): number {
  const { length } = packet
  if (length < QUESTION_AT) throw new WireError('mismatch', 'a packet shorter than a header', length)
  if (packet.readUInt16BE(0) !== id) throw new WireError('mismatch', 'another id', 0)
  const flags = packet.readUInt16BE(FLAGS_AT)
  if ((flags & QR) === 0) throw new WireError('mismatch', 'no response but a query', FLAGS_AT)
  if ((flags & OPCODE) !== 0) throw new WireError('mismatch', 'another opcode than QUERY', FLAGS_AT)
  return flags
}

/** Where the question ends, which has to be the one that was asked; letters match in either case. */
function checkQuestion(packet: Buffer, { name, type }: Question): number {
  if (!questionNameIs(packet, name)) throw new WireError('mismatch', 'another name in the question', QUESTION_AT)
  const typeAt = QUESTION_AT + name.length + 2
  const end = typeAt + 4
  if (end > packet.length) throw new WireError('mismatch', 'a question cut short', typeAt)
  if (packet.readUInt16BE(typeAt) !== TYPE[type] || packet.readUInt16BE(typeAt + 2) !== CLASS_IN)
    throw new WireError('mismatch', 'another type or class in the question', typeAt)
  return end
}

/** Compares octet by octet: in a question nothing stands before the name that a pointer could lead to. */
function questionNameIs(packet: Buffer, name: string): boolean {
  for (let index = -1; index < name.length; index++) {
    const octet = packet[QUESTION_AT + 1 + index] ?? 0
    if (index < 0 || name.charCodeAt(index) === DOT) {
      const nextDot = name.indexOf('.', index + 1)
      if (octet !== (nextDot < 0 ? name.length : nextDot) - index - 1) return false
    } else if ((octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet) !== name.charCodeAt(index)) {
      return false
    }
  }
  return packet[QUESTION_AT + 1 + name.length] === 0
}

/** Reads the answer section's `count` records; those of another class or type are ignored. */
function readAnswers(reader: Reader, count: number, questionName: string): AnswerRecord[] {
  const { packet } = reader
  const answers: AnswerRecord[] = []
  for (let index = 0; index < count; index++) {
    const record = reader.record()
    const type = record.class === CLASS_IN ? answerTypes.get(record.type) : undefined
    if (type === undefined) continue
    if (answers.length === MAX_ANSWERS) reader.fail(`more than ${MAX_ANSWERS} records in an answer`)
    const { ownerAt } = record
    const isQuestion = packet.readUInt16BE(ownerAt) === POINTER_TO_QUESTION
    const owner = isQuestion ? questionName : readName(packet, ownerAt).name
    const ttl = capTtl(record.ttl)
    if (type === 'CNAME') answers.push({ type, owner, ttl, target: readTarget(reader, record) })
    else answers.push({ type, owner, ttl, address: readAddress(reader, type, record) })
  }
  return answers
}

function readTarget(reader: Reader, { rdataAt, rdataEnd }: RecordAt): string {
  const { name, end } = readName(reader.packet, rdataAt)
  if (end !== rdataEnd) reader.fail('a CNAME that does not fill its RDATA')
  return name
}

/**
 * The record's address in the one form that the system writes it in too (`inet_ntop`): addresses are compared as text.
 * dns-packet gets a slice that holds RDLENGTH and exactly that much RDATA.
 */
function readAddress(reader: Reader, type: 'A' | 'AAAA', { rdataAt, rdataEnd }: RecordAt): string {
  if (rdataEnd - rdataAt !== ADDRESS_OCTETS[type]) reader.fail(`an ${type} record of another length`)
  const slice = reader.packet.subarray(rdataAt - 2, rdataEnd)
  const dnsPacket = loadDnsPacket()
  const text = type === 'A' ? dnsPacket.a.decode(slice) : canonical(dnsPacket.aaaa.decode(slice))
  if (isIP(text) !== (type === 'A' ? 4 : 6)) reader.fail(`an ${type} record without an address`)
  return text
}

// dns-packet shortens the first run of zeros, not the longest, and writes v4-mapped addresses all in hexadecimal.
const perhapsNotCanonical = /^::|::.*:0:0|:0:0:.*::/

function canonical(text: string): string {
  if (!perhapsNotCanonical.test(text) || isIP(text) !== 6) return text
  return new SocketAddress({ address: text, family: 'ipv6' }).address
}

/** What the sections behind the answers say. */
interface Closing {
  negativeTtl: Seconds | undefined
  /** The upper eight bits of the rcode, from the first OPT record; 0 without one. */
  extendedRcode: number
}

/**
 * Reads the sections behind the answers. What is wrong there costs no answer, as with libc: records that are not there,
 * surplus octets, a second OPT. Where there are no answers, the authority section is what the response says, and is
 * read as strictly as answers are.
 */
function readClosing(reader: Reader, authorities: number, additionals: number, hasAnswers: boolean): Closing {
  const closing: Closing = { negativeTtl: undefined, extendedRcode: 0 }
  let hasOpt = false
  let index = 0
  try {
    for (; index < authorities + additionals; index++) {
      const record = reader.record()
      if (index < authorities) {
        if (record.type === TYPE.SOA && record.class === CLASS_IN)
          closing.negativeTtl ??= readNegativeTtl(reader, record)
      } else if (record.type === TYPE.OPT && !hasOpt && reader.packet[record.ownerAt] === 0) {
        // RFC 6891 section 6.1.1: it belongs to the root.
        hasOpt = true
        closing.extendedRcode = record.ttl >>> 24
      }
    }
  } catch (error) {
    const isNeeded = !hasAnswers && index < authorities
    if (isNeeded || !(error instanceof WireError)) throw error
  }
  return closing
}

/** The smaller of the SOA's TTL and its MINIMUM. */
function readNegativeTtl(reader: Reader, { ttl, rdataAt, rdataEnd }: RecordAt): Seconds {
  const { packet } = reader
  const minimumAt = skipName(packet, skipName(packet, rdataAt)) + SOA_TIMERS_OCTETS
  if (minimumAt + 4 !== rdataEnd) reader.fail('an SOA that does not fill its RDATA')
  return capTtl(Math.min(ttl, packet.readUInt32BE(minimumAt)))
}

const capTtl = (ttl: number): Seconds => Math.min(ttl, MAX_TTL)

const rcodeName = (rcode: number): Rcode => rcodes[rcode] ?? `RCODE${rcode}`
