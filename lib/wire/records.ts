import { isIP, SocketAddress } from 'node:net'
import { loadDnsPacket } from '../packages.js'
import type { Seconds } from '../units.js'
import type { Reader } from './reader.js'
import { WireError } from './wire-error.js'

/** A record codec of dns-packet: `decode` reads RDLENGTH and RDATA at the offset, and checks neither. */
interface RdataCodec {
  decode(buffer: Buffer, offset?: number): string
}

declare module 'dns-packet' {
  const a: RdataCodec
  const aaaa: RdataCodec
}

/** A record of the answer section. Names are as `readName` gives them. */
export type AnswerRecord =
  | { readonly type: 'A' | 'AAAA'; readonly owner: string; readonly ttl: Seconds; readonly address: string }
  | { readonly type: 'CNAME'; readonly owner: string; readonly ttl: Seconds; readonly target: string }

const TYPE = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const
const CLASS_IN = 1
const ADDRESS_OCTETS = { A: 4, AAAA: 16 } as const
// serial, refresh, retry and expire, which are of no use here; MINIMUM follows them.
const SOA_TIMERS_OCTETS = 16
const POINTER_TO_QUESTION = 0xc00c
/** Ten times what BIND stores in one RRset by default; more only serves to keep a resolver busy. */
const MAX_ANSWERS = 1000
/** RFC 8767 section 4: a TTL with its top bit set is a large one, not zero; the cache's own limit is far below. */
const MAX_TTL: Seconds = 0x7fffffff

/** What of a record stands behind its owner name. The reader is at its RDATA. */
interface Fixed {
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly rdataEnd: number
}

/** Reads the answer section's `count` records; those of another class or type are ignored. */
export function readAnswers(reader: Reader, count: number, questionName: string): AnswerRecord[] {
  const answers: AnswerRecord[] = []
  for (let index = 0; index < count; index++) {
    const ownerAt = reader.offset
    reader.skipName()
    const fixed = readFixed(reader)
    const type = answerType(fixed)
    if (type !== undefined) {
      if (answers.length === MAX_ANSWERS) reader.fail(`more than ${MAX_ANSWERS} records in an answer`)
      answers.push(readAnswer(reader, type, ownerAt, fixed, questionName))
    }
    reader.offset = fixed.rdataEnd
  }
  return answers
}

/** What the sections behind the answers say. */
export interface Closing {
  /** How long a negative answer lives: the smaller of TTL and MINIMUM of the authority section's first SOA, if any. */
  negativeTtl: Seconds | undefined
  /** The upper eight bits of the rcode, from the first OPT record; 0 without one. */
  extendedRcode: number
}

/**
 * Reads the sections behind the answers. What is wrong there costs no answer, as with libc: records that are not there,
 * surplus octets, a second OPT. Where there are no answers, the authority section is what the response says, and is
 * read as strictly as answers are.
 */
export function readClosing(reader: Reader, authorities: number, additionals: number, hasAnswers: boolean): Closing {
  const closing: Closing = { negativeTtl: undefined, extendedRcode: 0 }
  if (!hasAnswers) readAuthorities(reader, authorities, closing)
  try {
    if (hasAnswers) readAuthorities(reader, authorities, closing)
    readAdditionals(reader, additionals, closing)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return closing
}

function readAuthorities(reader: Reader, count: number, closing: Closing): void {
  for (let index = 0; index < count; index++) {
    reader.skipName()
    const fixed = readFixed(reader)
    if (fixed.type === TYPE.SOA && fixed.class === CLASS_IN && closing.negativeTtl === undefined) {
      closing.negativeTtl = Math.min(capTtl(fixed.ttl), readSoaMinimum(reader, fixed.rdataEnd))
    }
    reader.offset = fixed.rdataEnd
  }
}

function readAdditionals(reader: Reader, count: number, closing: Closing): void {
  let hasOpt = false
  for (let index = 0; index < count; index++) {
    const ownerAt = reader.offset
    reader.skipName()
    const fixed = readFixed(reader)
    // RFC 6891 section 6.1.1: it belongs to the root.
    if (fixed.type === TYPE.OPT && !hasOpt && reader.packet[ownerAt] === 0) {
      hasOpt = true
      closing.extendedRcode = fixed.ttl >>> 24
    }
    reader.offset = fixed.rdataEnd
  }
}

function readFixed(reader: Reader): Fixed {
  const type = reader.uint16()
  const recordClass = reader.uint16()
  const ttl = reader.uint32()
  const rdataEnd = reader.uint16() + reader.offset
  if (rdataEnd > reader.packet.length) reader.fail('RDATA longer than the packet')
  return { type, class: recordClass, ttl, rdataEnd }
}

function answerType(fixed: Fixed): AnswerRecord['type'] | undefined {
  if (fixed.class !== CLASS_IN) return undefined
  if (fixed.type === TYPE.A) return 'A'
  if (fixed.type === TYPE.AAAA) return 'AAAA'
  return fixed.type === TYPE.CNAME ? 'CNAME' : undefined
}

function readAnswer(
  reader: Reader,
  type: AnswerRecord['type'],
  ownerAt: number,
  fixed: Fixed,
  questionName: string,
): AnswerRecord {
  const rdataAt = reader.offset
  reader.offset = ownerAt
  const isQuestion = reader.uint16() === POINTER_TO_QUESTION
  reader.offset = ownerAt
  const owner = isQuestion ? questionName : reader.name()
  reader.offset = rdataAt
  const ttl = capTtl(fixed.ttl)
  if (type === 'CNAME') {
    const target = reader.name()
    if (reader.offset !== fixed.rdataEnd) reader.fail('a CNAME that does not fill its RDATA')
    return { type, owner, ttl, target }
  }
  if (fixed.rdataEnd - rdataAt !== ADDRESS_OCTETS[type]) reader.fail(`an ${type} record of another length`)
  const address = decodeAddress(type, reader.packet.subarray(rdataAt - 2, fixed.rdataEnd))
  if (address === undefined) reader.fail(`an ${type} record without an address`)
  return { type, owner, ttl, address }
}

function readSoaMinimum(reader: Reader, rdataEnd: number): Seconds {
  reader.skipName()
  reader.skipName()
  reader.skip(SOA_TIMERS_OCTETS)
  const minimum = reader.uint32()
  if (reader.offset !== rdataEnd) reader.fail('an SOA that does not fill its RDATA')
  return capTtl(minimum)
}

const capTtl = (ttl: number): Seconds => Math.min(ttl, MAX_TTL)

/**
 * The address in the slice, which holds RDLENGTH and exactly that much RDATA, in the one form that the system writes
 * it in too (`inet_ntop`): addresses are compared as text. undefined if `net.isIP` refuses it.
 */
function decodeAddress(type: 'A' | 'AAAA', slice: Buffer): string | undefined {
  const dnsPacket = loadDnsPacket()
  const text = type === 'A' ? dnsPacket.a.decode(slice) : canonical(dnsPacket.aaaa.decode(slice))
  return isIP(text) === (type === 'A' ? 4 : 6) ? text : undefined
}

// dns-packet shortens the first run of zeros, not the longest, and writes v4-mapped addresses all in hexadecimal.
const perhapsNotCanonical = /^::|::.*:0:0|:0:0:.*::/

function canonical(text: string): string {
  if (!perhapsNotCanonical.test(text) || isIP(text) !== 6) return text
  return new SocketAddress({ address: text, family: 'ipv6' }).address
}
