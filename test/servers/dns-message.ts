import { encodeName, opt, rr, typeNumbers } from './zone-text.js'

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

/** A query as a server of the tests got it. */
export interface Query {
  readonly id: number
  /** As it was sent, without trailing dot. */
  readonly name: string
  /** `A`, `AAAA`, or the number as text. */
  readonly type: string
  readonly edns: boolean
  /** RD, the only flag that a stub resolver sets. */
  readonly recursionDesired: boolean
  readonly bytes: Buffer
}

/** What `respond` puts into a response, where it is not what the query asks for. */
export interface ResponseParts {
  readonly id?: number
  readonly rcode?: keyof typeof rcodes
  readonly truncated?: boolean
  /** False: no QR flag. */
  readonly isResponse?: boolean
  readonly opcode?: number
  /** In place of the query's; null: no question at all. */
  readonly question?: { readonly name: string; readonly type: string } | null
  /** Each section: zone text, or records made by `rr`, `record` and `opt`. */
  readonly answers?: readonly (string | Uint8Array)[]
  readonly authorities?: readonly (string | Uint8Array)[]
  readonly additionals?: readonly (string | Uint8Array)[]
  /** Octets after the end. */
  readonly trailing?: Uint8Array
}

/** Reads a query; throws on what is none: the tests' client sends only good ones. */
export function parseQuery(bytes: Buffer): Query {
  const labels: string[] = []
  let at = 12
  for (let length = bytes.readUInt8(at); length > 0; length = bytes.readUInt8(at)) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const number = bytes.readUInt16BE(at + 1)
  const type = Object.entries(typeNumbers).find(([, value]) => value === number)?.[0] ?? String(number)
  const edns = bytes.readUInt16BE(10) === 1 && bytes.readUInt16BE(at + 6) === typeNumbers.OPT
  const recursionDesired = (bytes.readUInt8(2) & 1) === 1
  return { id: bytes.readUInt16BE(0), name: labels.join('.'), type, edns, recursionDesired, bytes }
}

/** A response to the query: with its id and question, NOERROR, RD and RA, an OPT record if the query had one. */
export function respond(query: Query, parts: ResponseParts = {}): Buffer {
  const { id = query.id, question = query, answers = [], authorities = [], trailing = Buffer.alloc(0) } = parts
  const rcode = rcodes[parts.rcode ?? 'NOERROR']
  const additionals = parts.additionals ?? (query.edns ? [opt({ extendedRcode: rcode >> 4 })] : [])
  const header = Buffer.alloc(12)
  const flags = [
    (parts.isResponse ?? true) ? 0x8000 : 0,
    (parts.opcode ?? 0) << 11,
    (parts.truncated ?? false) ? 0x0200 : 0,
    0x0180,
    rcode & 0x0f,
  ]
  const counts = [question === null ? 0 : 1, answers.length, authorities.length, additionals.length]
  const fields = [id, flags.reduce((all, flag) => all | flag), ...counts]
  fields.forEach((field, index) => header.writeUInt16BE(field, 2 * index))
  const records = [...answers, ...authorities, ...additionals].map(item => (typeof item === 'string' ? rr(item) : item))
  return Buffer.concat([header, ...(question === null ? [] : [encodeQuestion(question)]), ...records, trailing])
}

function encodeQuestion({ name, type }: { readonly name: string; readonly type: string }): Buffer {
  const fixed = Buffer.alloc(4)
  fixed.writeUInt16BE(new Map<string, number>(Object.entries(typeNumbers)).get(type) ?? Number(type), 0)
  fixed.writeUInt16BE(1, 2)
  return Buffer.concat([encodeName(name), fixed])
}

/** The message as a stream carries it: after its length in two octets. */
export function frame(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
