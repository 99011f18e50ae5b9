import type DnsPacket from 'dns-packet'
import { loadDnsPacket, once } from '../packages.js'
import { CLASS_IN, HEADER_OCTETS, TYPE } from './record.js'
import { WireError } from './wire-error.js'

declare module 'dns-packet' {
  /** Writes a whole record, its owner's name first. */
  export const answer: { encode(record: DnsPacket.Answer): Buffer }
}

/** What a server is asked: one name and type, of class IN. */
export interface Question {
  /** An absolute host name that `checkName` accepts, without trailing dot, in lower case. */
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

export interface QueryOptions {
  /** 0 to 65535. */
  readonly id: number
  /** True: an OPT record is added. */
  readonly edns: boolean
}

/** Message ids: all that 16 bits hold, none of which can be foretold (RFC 5452 section 9.2). */
export const ID_LIMIT = 0x10000

/** RFC 9715 section 3: 1,232 octets reach nearly everyone in one piece (IPv6's least MTU less the headers). */
const UDP_PAYLOAD_OCTETS = 1232
const RECURSION_DESIRED = 0x0100
export const DOT = 0x2e

/** An OPT record without options or flags. */
export const optRecord = once(() =>
  loadDnsPacket().answer.encode({
    ...{ type: 'OPT', name: '.', udpPayloadSize: UDP_PAYLOAD_OCTETS, extendedRcode: 0, ednsVersion: 0 },
    ...{ flags: 0, flag_do: false, options: [] },
  }),
)

/** The query for the question, recursion desired. Throws WireError where the name can't go on the wire. */
export function encodeQuery({ name: text, type }: Question, { id, edns }: QueryOptions): Buffer {
  const name = checkName(text)
  const rootAt = HEADER_OCTETS + 1 + name.length
  const questionEnd = rootAt + 5
  const query = Buffer.allocUnsafe(questionEnd + (edns ? optRecord().length : 0))
  query.writeUInt16BE(id, 0)
  query.writeUInt16BE(RECURSION_DESIRED, 2)
  // One question, no answer, no authority, perhaps the OPT record.
  query.writeUInt32BE(0x0001_0000, 4)
  query.writeUInt32BE(edns ? 1 : 0, 8)
  // Where the text has a dot, and before and behind it, the length of the label that follows goes.
  query.write(`.${name}.`, HEADER_OCTETS, 'latin1')
  let lengthAt = HEADER_OCTETS
  for (let at = HEADER_OCTETS + 1; at <= rootAt; at++) {
    if (query[at] !== DOT) continue
    query[lengthAt] = at - lengthAt - 1
    lengthAt = at
  }
  query[rootAt] = 0
  query.writeUInt16BE(TYPE[type], rootAt + 1)
  query.writeUInt16BE(CLASS_IN, rootAt + 3)
  if (edns) optRecord().copy(query, questionEnd)
  return query
}

/** RFC 1035 section 2.3.4 allows 255 octets, each label's length octet and the root's included. */
const MAX_NAME_TEXT = 253
// No `i` flag and no lower-casing beforehand: the Kelvin sign, for one, has a lower case in ASCII.
const hostName = /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/

/**
 * The host name in lower case and without a trailing dot, fit to go on the wire: labels of 1 to 63 letters, digits,
 * hyphens and underscores, 253 octets in all; an internationalised name only by its A-labels. Else throws WireError.
 */
export function checkName(text: string): string {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name.length > MAX_NAME_TEXT)
    throw new WireError('name', `a name longer than ${MAX_NAME_TEXT} octets`, MAX_NAME_TEXT)
  if (!hostName.test(name)) throw nameFault(name)
  return name.toLowerCase()
}

function nameFault(name: string): WireError {
  let offset = 0
  for (const label of name.split('.')) {
    if (label.length === 0) return new WireError('name', 'an empty label in a name', offset)
    const bad = /[^A-Za-z0-9_-]/.exec(label)
    if (bad !== null) return new WireError('name', 'a character that no host name holds', offset + bad.index)
    if (label.length > 63) return new WireError('name', 'a label longer than 63 octets', offset)
    offset += label.length + 1
  }
  return new WireError('name', 'no host name', 0)
}
