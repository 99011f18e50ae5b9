import { isIP, SocketAddress } from 'node:net'

/** The numbers of record types that zone text may name here. */
export const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, OPT: 41 } as const
const classNumbers: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, ANY: 255 }

/** A name of zone text on the wire, never compressed. The final dot may be left out; `\DDD` and `\X` are understood. */
export function encodeName(text: string): Buffer {
  const octets = [...text.matchAll(/\\(\d{3})|\\(.)|([^\\])/gs)].map(([, decimal, escaped, plain]) =>
    decimal !== undefined
      ? Number(decimal)
      : escaped !== undefined
        ? escaped.charCodeAt(0)
        : plain === '.'
          ? '.'
          : (plain ?? '').charCodeAt(0),
  )
  const labels: number[][] = [[]]
  for (const octet of octets) {
    if (octet === '.') labels.push([])
    else labels.at(-1)?.push(octet)
  }
  if (labels.at(-1)?.length === 0) labels.pop()
  if (text === '.') return Buffer.from([0])
  if (labels.some(label => label.length === 0 || label.length > 63)) throw new TypeError(`'${text}' is no name`)
  return Buffer.from([...labels.flatMap(label => [label.length, ...label]), 0])
}

/**
 * The record on the wire, from zone text: `b0.example. 30 IN A 192.0.2.1`. A TTL may have all 32 bits; the type may be
 * `TYPE65280` with hexadecimal RDATA. Throws a TypeError on all that it does not understand.
 */
export function rr(text: string): Buffer {
  const match = /^(\S+)\s+(\d+)\s+([A-Z]+)\s+([A-Z]+\d*)\s*(.*)$/s.exec(text.trim())
  if (match === null) throw new TypeError(`'${text}' is no record: expected NAME TTL CLASS TYPE DATA`)
  const [, owner = '', ttl = '', className = '', type = '', data = ''] = match
  const recordClass = classNumbers[className]
  if (recordClass === undefined) throw new TypeError(`'${className}' is no class`)
  return record(encodeName(owner), typeNumber(type), recordClass, Number(ttl), encodeData(type, data.trim()))
}

/** A record of any bytes. `rdlength` may lie. */
export function record(
  owner: Uint8Array,
  type: number,
  recordClass: number,
  ttl: number,
  data: Uint8Array,
  rdlength = data.length,
): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(recordClass, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(rdlength, 8)
  return Buffer.concat([owner, fixed, data])
}

/** An OPT record: the upper eight bits of an extended rcode, and the EDNS version. */
export function opt({ extendedRcode = 0, version = 0 } = {}): Buffer {
  return record(
    Buffer.from([0]),
    typeNumbers.OPT,
    1232,
    ((extendedRcode << 24) | (version << 16)) >>> 0,
    Buffer.alloc(0),
  )
}

function typeNumber(type: string): number {
  const number = new Map<string, number>(Object.entries(typeNumbers)).get(type) ?? Number(/^TYPE(\d+)$/.exec(type)?.[1])
  if (Number.isNaN(number)) throw new TypeError(`'${type}' is no type`)
  return number
}

function encodeData(type: string, data: string): Buffer {
  switch (type) {
    case 'A':
    case 'AAAA':
      return encodeAddress(data, type === 'A' ? 4 : 6)
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return encodeName(data)
    case 'TXT':
      return Buffer.from([data.length, ...Buffer.from(data, 'latin1')])
    case 'SOA':
      return encodeSoa(data)
    default:
      return Buffer.from(data, 'hex')
  }
}

function encodeSoa(data: string): Buffer {
  const [mname = '', rname = '', ...numbers] = data.split(/\s+/)
  if (numbers.length !== 5) throw new TypeError(`'${data}' is no SOA: expected two names and five numbers`)
  const timers = Buffer.alloc(20)
  numbers.forEach((number, index) => timers.writeUInt32BE(Number(number), 4 * index))
  return Buffer.concat([encodeName(mname), encodeName(rname), timers])
}

function encodeAddress(text: string, family: 4 | 6): Buffer {
  if (isIP(text) !== family) throw new TypeError(`'${text}' is no IPv${family} address`)
  if (family === 4) return Buffer.from(text.split('.').map(Number))
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const hex =
    dotted === null ? address : `${dotted[1] ?? ''}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`
  const [left = '', right] = hex.split('::')
  const groups = (part: string | undefined) => (part ?? '').split(':').filter(group => group !== '')
  const zeros = right === undefined ? 0 : 8 - groups(left).length - groups(right).length
  const all = [...groups(left), ...Array<string>(zeros).fill('0'), ...groups(right)]
  return Buffer.from(all.map(group => group.padStart(4, '0')).join(''), 'hex')
}

const pair = (high = '', low = '') => ((Number(high) << 8) | Number(low)).toString(16)
