import { WireError } from './wire-error.js'

// RFC 1035 section 2.3.4: 255 octets in all, each label's length octet and the root's included; so 253 as text.
const MAX_NAME_OCTETS = 255
const MAX_NAME_TEXT = 253
const MAX_LABEL_OCTETS = 63
// A name of 255 octets has at most 127 labels, and more than one pointer before each of them is of no use.
const MAX_POINTERS = 126
const HEADER_OCTETS = 12

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
    if (label.length > MAX_LABEL_OCTETS) return new WireError('name', 'a label longer than 63 octets', offset)
    offset += label.length + 1
  }
  return new WireError('name', 'no host name', 0)
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
    const label = octetAt(packet, at)
    if (label === 0) break
    if (label <= MAX_LABEL_OCTETS) {
      octets += label + 1
      if (octets > MAX_NAME_OCTETS) throw new WireError('malformed', 'a name longer than 255 octets', at)
      if (at + 1 + label > packet.length) throw new WireError('malformed', 'a label cut short', at)
      if (length > 0) scratch[length++] = DOT
      length = writeLabel(packet, at + 1, label, length)
      at += label + 1
    } else {
      const target = pointerAt(packet, at, segment)
      if (++pointers > MAX_POINTERS) throw new WireError('malformed', 'a name with too many pointers', at)
      if (end < 0) end = at + 2
      segment = at = target
    }
  }
  return { name: scratch.toString('latin1', 0, length), end: end < 0 ? at + 1 : end }
}

/** Where what follows the name at `offset` begins; only the octets that stand there are looked at. */
export function skipName(packet: Buffer, offset: number): number {
  let at = offset
  for (;;) {
    const label = octetAt(packet, at)
    if (label === 0) return at + 1
    if (label > MAX_LABEL_OCTETS) {
      pointerAt(packet, at, offset)
      return at + 2
    }
    at += label + 1
    if (at - offset >= MAX_NAME_OCTETS) throw new WireError('malformed', 'a name longer than 255 octets', at)
  }
}

function octetAt(packet: Buffer, at: number): number {
  const octet = packet[at]
  if (octet === undefined) throw new WireError('malformed', 'a name cut short', at)
  return octet
}

/** The target of the pointer at `at`; `segment` is where the run of labels that it ends began. */
function pointerAt(packet: Buffer, at: number, segment: number): number {
  const high = octetAt(packet, at)
  if (high < 0xc0) throw new WireError('malformed', 'a label of an unknown kind', at)
  const target = ((high & 0x3f) << 8) | octetAt(packet, at + 1)
  if (target >= segment || target < HEADER_OCTETS) throw new WireError('malformed', 'a pointer that leads nowhere', at)
  return target
}

const DOT = 0x2e
const BACKSLASH = 0x5c
const ZERO = 0x30

/** Writes the label's text into the scratch buffer at `length`; gives the new length. */
function writeLabel(packet: Buffer, start: number, octets: number, length: number): number {
  for (let at = start; at < start + octets; at++) {
    const octet = octetAt(packet, at)
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
