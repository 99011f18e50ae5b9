import { SocketAddress } from 'node:net'
import { loadDnsPacket } from '../packages.js'
import type { Seconds } from '../units.js'
import { DOT, type Question } from './query.js'
import { CLASS_IN, HEADER_OCTETS, TYPE, readName, readRecord, skipName, type RecordAt } from './record.js'
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
const QUESTIONS_AT = 4
const ANSWERS_AT = 6
const AUTHORITIES_AT = 8
const ADDITIONALS_AT = 10
// The shortest record is the root's name, type, class, TTL and RDLENGTH.
const MIN_RECORD_OCTETS = 11
const QR = 0x8000
const OPCODE = 0x7800
const TC = 0x0200
const RCODE = 0x000f
const NOERROR = 0
const NXDOMAIN = 3
const answerTypes: ReadonlyMap<number, AnswerRecord['type']> = new Map([
  [TYPE.A, 'A'],
  [TYPE.CNAME, 'CNAME'],
  [TYPE.AAAA, 'AAAA'],
])
const ADDRESS_OCTETS = { A: 4, AAAA: 16 } as const
// Serial, refresh, retry and expire, which are of no use here; MINIMUM follows them.
const SOA_TIMERS_OCTETS = 16
const POINTER_TO_QUESTION = 0xc000 | HEADER_OCTETS
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
  if (packet.length < HEADER_OCTETS) throw new WireError('mismatch', 'a packet shorter than a header', packet.length)
  if (packet.readUInt16BE(0) !== id) throw new WireError('mismatch', 'another id', 0)
  const flags = packet.readUInt16BE(FLAGS_AT)
  if ((flags & QR) === 0) throw new WireError('mismatch', 'no response but a query', FLAGS_AT)
  if ((flags & OPCODE) !== 0) throw new WireError('mismatch', 'another opcode than QUERY', FLAGS_AT)
  const rcode = flags & RCODE
  const questions = packet.readUInt16BE(QUESTIONS_AT)
  let recordsAt = HEADER_OCTETS
  if (questions === 1) recordsAt = checkQuestion(packet, question)
  // A server that can't read a query or won't serve it may answer with the bare header.
  else if (questions > 0 || packet.readUInt16BE(ANSWERS_AT) > 0 || rcode === NOERROR || rcode === NXDOMAIN)
    throw new WireError('mismatch', `${questions} questions`, QUESTIONS_AT)
  // Some servers cut a truncated message anywhere, and none says how much is missing: nothing after this is used.
  if ((flags & TC) !== 0) return { rcode: rcodeName(rcode), truncated: true, answers: [], negativeTtl: undefined }
  const { answers, negativeTtl, extendedRcode } = readSections(packet, recordsAt, question.name)
  return { rcode: rcodeName((extendedRcode << 4) | rcode), truncated: false, answers, negativeTtl }
}

/** As `parseResponse`, for ways that carry any length: a truncated response there has no other way to be asked again. */
export function parseUntruncated(packet: Uint8Array, expected: Expected): Response {
  const response = parseResponse(packet, expected)
  if (response.truncated) throw new WireError('malformed', 'a truncated response where none has to be', FLAGS_AT)
  return response
}

/**
 * Where the question ends, which has to be the one that was asked; letters match in either case. Compares octet by
 * octet: in a question nothing stands before the name that a pointer could lead to.
 */
function checkQuestion(packet: Buffer, { name, type }: Question): number {
  const nameAt = HEADER_OCTETS + 1
  const rootAt = nameAt + name.length
  let lengthAt = HEADER_OCTETS
  let isSame = packet[rootAt] === 0
  for (let at = nameAt; at <= rootAt && isSame; at++) {
    const expected = at === rootAt ? DOT : name.charCodeAt(at - nameAt)
    const octet = packet[at] ?? 0
    if (expected === DOT) {
      isSame = packet[lengthAt] === at - lengthAt - 1
      lengthAt = at
    } else {
      isSame = (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet) === expected
    }
  }
  if (!isSame) throw new WireError('mismatch', 'another name in the question', HEADER_OCTETS)
  const typeAt = rootAt + 1
  const end = typeAt + 4
  if (end > packet.length) throw new WireError('mismatch', 'a question cut short', typeAt)
  if (packet.readUInt16BE(typeAt) !== TYPE[type] || packet.readUInt16BE(typeAt + 2) !== CLASS_IN)
    throw new WireError('mismatch', 'another type or class in the question', typeAt)
  return end
}

/** What the sections behind the question say. */
interface Sections {
  readonly answers: readonly AnswerRecord[]
  readonly negativeTtl: Seconds | undefined
  /** The upper eight bits of the rcode, from the first OPT record; 0 without one. */
  readonly extendedRcode: number
}

/**
 * Reads all records. What is wrong behind the answers costs none of them, as with libc: records that are not there,
 * surplus octets, a second OPT. Where there are no answers, the authority section is what the response says, and is
 * read as strictly as answers are.
 */
function readSections(packet: Buffer, recordsAt: number, questionName: string): Sections {
  const answersEnd = packet.readUInt16BE(ANSWERS_AT)
  const authoritiesEnd = answersEnd + packet.readUInt16BE(AUTHORITIES_AT)
  const additionalsEnd = authoritiesEnd + packet.readUInt16BE(ADDITIONALS_AT)
  // An early end: a count that can't be true need not be read up to the last octet.
  if (recordsAt + MIN_RECORD_OCTETS * answersEnd > packet.length)
    throw new WireError('malformed', 'more records than there is room for', recordsAt)
  const answers: AnswerRecord[] = []
  let negativeTtl: Seconds | undefined
  let opt: RecordAt | undefined
  let at = recordsAt
  let index = 0
  try {
    for (; index < additionalsEnd; index++) {
      const record = readRecord(packet, at)
      at = record.rdataEnd
      if (index < answersEnd) addAnswer(answers, packet, record, questionName)
      else if (index < authoritiesEnd) negativeTtl ??= readNegativeTtl(packet, record)
      // RFC 6891 section 6.1.1: it belongs to the root.
      else if (record.type === TYPE.OPT && packet[record.ownerAt] === 0) opt ??= record
    }
  } catch (error) {
    const isNeeded = index < (answersEnd > 0 ? answersEnd : authoritiesEnd)
    if (isNeeded || !(error instanceof WireError)) throw error
  }
  return { answers, negativeTtl, extendedRcode: opt === undefined ? 0 : opt.ttl >>> 24 }
}

/** Records of another class or type are ignored. */
function addAnswer(answers: AnswerRecord[], packet: Buffer, record: RecordAt, questionName: string): void {
  const type = record.class === CLASS_IN ? answerTypes.get(record.type) : undefined
  if (type === undefined) return
  const { ownerAt, rdataAt, rdataEnd } = record
  if (answers.length === MAX_ANSWERS)
    throw new WireError('malformed', `more than ${MAX_ANSWERS} records in an answer`, ownerAt)
  const isQuestion = packet.readUInt16BE(ownerAt) === POINTER_TO_QUESTION
  const owner = isQuestion ? questionName : readName(packet, ownerAt).name
  const ttl = capTtl(record.ttl)
  if (type !== 'CNAME') {
    answers.push({ type, owner, ttl, address: readAddress(packet, type, record) })
    return
  }
  const { name: target, end } = readName(packet, rdataAt)
  if (end !== rdataEnd) throw new WireError('malformed', 'a CNAME that does not fill its RDATA', rdataAt)
  answers.push({ type, owner, ttl, target })
}

/** The record's address in the one form that the system writes it in too (`inet_ntop`): addresses are compared as text. */
function readAddress(packet: Buffer, type: 'A' | 'AAAA', { rdataAt, rdataEnd }: RecordAt): string {
  if (rdataEnd - rdataAt !== ADDRESS_OCTETS[type])
    throw new WireError('malformed', `an ${type} record of another length`, rdataAt)
  // Its codecs begin at RDLENGTH.
  if (type === 'A') return loadDnsPacket().a.decode(packet, rdataAt - 2)
  const text = loadDnsPacket().aaaa.decode(packet, rdataAt - 2)
  return perhapsNotCanonical.test(text) ? new SocketAddress({ address: text, family: 'ipv6' }).address : text
}

// dns-packet shortens the first run of zeros, not the longest, and writes v4-mapped addresses all in hexadecimal.
const perhapsNotCanonical = /^::|::.*:0:0|:0:0:.*::/

/** The smaller of the SOA's TTL and its MINIMUM; undefined for another record. */
function readNegativeTtl(packet: Buffer, record: RecordAt): Seconds | undefined {
  if (record.type !== TYPE.SOA || record.class !== CLASS_IN) return undefined
  const minimumAt = skipName(packet, skipName(packet, record.rdataAt)) + SOA_TIMERS_OCTETS
  if (minimumAt + 4 !== record.rdataEnd)
    throw new WireError('malformed', 'an SOA that does not fill its RDATA', minimumAt)
  return capTtl(Math.min(record.ttl, packet.readUInt32BE(minimumAt)))
}

const capTtl = (ttl: number): Seconds => Math.min(ttl, MAX_TTL)

const rcodeName = (rcode: number): Rcode => rcodes[rcode] ?? `RCODE${rcode}`
