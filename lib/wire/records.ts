import type { Seconds } from '../units.js'
import { decodeAddress } from './codec.js'
import type { Reader } from './reader.js'
import type { AnswerRecord } from './response.js'

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

/** Reads the answer section's `count` records; those of another class or type are passed over. */
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

/** Reads the authority section's `count` records for its first SOA: how long its negative answer lives, if any. */
export function readNegativeTtl(reader: Reader, count: number): Seconds | undefined {
  let negativeTtl: Seconds | undefined
  for (let index = 0; index < count; index++) {
    reader.skipName()
    const fixed = readFixed(reader)
    if (fixed.type === TYPE.SOA && fixed.class === CLASS_IN && negativeTtl === undefined) {
      negativeTtl = Math.min(capTtl(fixed.ttl), readSoaMinimum(reader, fixed.rdataEnd))
    }
    reader.offset = fixed.rdataEnd
  }
  return negativeTtl
}

/** Reads the additional section's `count` records for its OPT: the upper eight bits of the rcode, 0 without one. */
export function readExtendedRcode(reader: Reader, count: number): number {
  let extended: number | undefined
  for (let index = 0; index < count; index++) {
    const ownerAt = reader.offset
    reader.skipName()
    const fixed = readFixed(reader)
    if (fixed.type === TYPE.OPT) {
      // RFC 6891 section 6.1.1: one at most, and it belongs to the root.
      if (extended !== undefined || reader.packet[ownerAt] !== 0) reader.fail('an OPT record out of place')
      extended = fixed.ttl >>> 24
    }
    reader.offset = fixed.rdataEnd
  }
  return extended ?? 0
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
