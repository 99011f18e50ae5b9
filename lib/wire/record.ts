import type { Seconds } from '../units.js'
import { WireError } from './wire-error.js'

/** What every message begins with. */
export const HEADER_OCTETS = 12
export const CLASS_IN = 1
export const TYPE = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const
/** RFC 1035 section 2.3.4: 255 octets in all, each label's length octet and the root's included. */
const MAX_NAME_OCTETS = 255
const MAX_LABEL_OCTETS = 63
// A name of 255 octets has at most 127 labels, and more than one pointer before each of them is of no use.
const MAX_POINTERS = 126
/** The type, class, TTL and RDLENGTH of a record. */
const FIXED_OCTETS = 10

/** A record in a packet, of any type: where its parts are, and what is fixed. */
export interface RecordAt {
  readonly ownerAt: number
  readonly type: number
  readonly class: number
  readonly ttl: Seconds
  readonly rdataAt: number
  /** The next record begins here. */
  readonly rdataEnd: number
}

/** Reads the record whose owner's name begins at `ownerAt`. That name and the RDATA lie within the packet; neither is read. */
export function readRecord(packet: Buffer, ownerAt: number): RecordAt {
  const fixedAt = skipName(packet, ownerAt)
  const rdataAt = fixedAt + FIXED_OCTETS
  if (rdataAt > packet.length) throw new WireError('malformed', 'a packet cut short', rdataAt)
  const rdataEnd = rdataAt + packet.readUInt16BE(fixedAt + 8)
  if (rdataEnd > packet.length) throw new WireError('malformed', 'RDATA longer than the packet', rdataAt)
  return {
    ownerAt,
    type: packet.readUInt16BE(fixedAt),
    class: packet.readUInt16BE(fixedAt + 2),
    ttl: packet.readUInt32BE(fixedAt + 4),
    rdataAt,
    rdataEnd,
  }
}

/** A name in a packet, and where what follows it begins. */
export interface NameAt {
  /**
   * In lower case, without trailing dot, the root as ''. A dot or backslash inside a label is escaped with a
   * backslash, and what is not printable ASCII as `\DDD` (RFC 4343 section 2.1): two names are equal only if their
   * texts are, and none can forge a line of a log.
   */
  readonly name: string
  readonly end: number
}

// The longest text: 255 octets, each as `\DDD`. One buffer for all: names are read one at a time.
const scratch = Buffer.alloc(4 * MAX_NAME_OCTETS)

/**
 * The name that begins at `offset`, its pointers followed. Pointers may only lead back, before the part that they stand
 * in, so the walk ends; it costs at most 255 octets and 126 pointers. Throws WireError on all else.
 */
export function readName(packet: Buffer, offset: number): NameAt {
  let at = offset
  let end = -1
  let segment = offset
  let octets = 1
  let pointers = 0
  let length = 0
  for (;;) {
    const label = labelAt(packet, at, segment)
    if (label === 0) break
    if (label <= MAX_LABEL_OCTETS) {
      octets += label + 1
      if (octets > MAX_NAME_OCTETS) throw new WireError('malformed', 'a name longer than 255 octets', at)
      if (at + 1 + label > packet.length) throw new WireError('malformed', 'a label cut short', at)
      if (length > 0) scratch[length++] = DOT
      length = writeLabel(packet, at + 1, label, length)
      at += label + 1
    } else {
      if (++pointers > MAX_POINTERS) throw new WireError('malformed', 'a name with too many pointers', at)
      if (end < 0) end = at + 2
      segment = at = label - POINTER
    }
  }
  return { name: scratch.toString('latin1', 0, length), end: end < 0 ? at + 1 : end }
}

/** Where what follows the name at `offset` begins; only the octets that stand there are looked at. */
export function skipName(packet: Buffer, offset: number): number {
  let at = offset
  for (;;) {
    const label = labelAt(packet, at, offset)
    if (label === 0) return at + 1
    if (label > MAX_LABEL_OCTETS) return at + 2
    at += label + 1
    if (at - offset >= MAX_NAME_OCTETS) throw new WireError('malformed', 'a name longer than 255 octets', at)
  }
}

const POINTER = 0xc000

/** The length of the label at `at`, or POINTER and its target, which is before `segment`, where its run of labels began. */
function labelAt(packet: Buffer, at: number, segment: number): number {
  const octet = packet[at]
  if (octet === undefined) throw new WireError('malformed', 'a name cut short', at)
  if (octet <= MAX_LABEL_OCTETS) return octet
  if (octet < 0xc0) throw new WireError('malformed', 'a label of an unknown kind', at)
  const low = packet[at + 1]
  if (low === undefined) throw new WireError('malformed', 'a name cut short', at + 1)
  const pointer = (octet << 8) | low
  if (pointer >= POINTER + segment || pointer < POINTER + HEADER_OCTETS)
    throw new WireError('malformed', 'a pointer that leads nowhere', at)
  return pointer
}

const DOT = 0x2e
const BACKSLASH = 0x5c
const ZERO = 0x30

/** Writes the label's text into the scratch buffer at `length`; gives the new length. */
function writeLabel(packet: Buffer, start: number, octets: number, length: number): number {
  for (let at = start; at < start + octets; at++) {
    const octet = packet[at] ?? 0
    if (octet > 0x20 && octet < 0x7f) {
      if (octet === DOT || octet === BACKSLASH) scratch[length++] = BACKSLASH
      scratch[length++] = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
    } else {
      scratch[length++] = BACKSLASH
      scratch[length++] = ZERO + Math.floor(octet / 100)
      scratch[length++] = ZERO + (Math.floor(octet / 10) % 10)
      scratch[length++] = ZERO + (octet % 10)
    }
  }
  return length
}
