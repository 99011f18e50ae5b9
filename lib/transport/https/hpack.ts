import { decodeHuffman } from './huffman.js'

/** A header block that can't be read. Its message says why. */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}

interface Field {
  readonly name: string
  readonly value: string
}

// RFC 7541 appendix A, from index 1 on.
const STATIC_TABLE: readonly Field[] = `
:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204
:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate
accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control
content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type
cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since
last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after
server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
  .trim()
  .split(/[|\n]/)
  .map(line => {
    const [name = '', ...value] = line.split(' ')
    return { name, value: value.join(' ') }
  })

/** What a peer may fill that was not told otherwise (RFC 9113 section 6.5.2). */
const MAX_TABLE_OCTETS = 4096
/** What an entry counts for beyond its name and value (RFC 7541 section 4.1). */
const ENTRY_OCTETS = 32

/** Reads the header blocks of one connection, each of them and in their order (RFC 7541). */
export class HpackDecoder {
  /** The latest first. */
  readonly #dynamic: Field[] = []
  #octets = 0
  #maxOctets = MAX_TABLE_OCTETS

  /** The block's fields by name; of equal names the first. Throws HpackError. The cost is bounded by the length. */
  read(block: Buffer): ReadonlyMap<string, string> {
    const reader = new BlockReader(block)
    const fields = new Map<string, string>()
    while (!reader.isAtEnd) {
      const field = this.#field(reader)
      if (field !== undefined && !fields.has(field.name)) fields.set(field.name, field.value)
    }
    return fields
  }

  /** The next field; undefined for a change of the table's size. */
  #field(reader: BlockReader): Field | undefined {
    const first = reader.peek()
    if (first >= 0x80) return this.#entry(reader.integer(7))
    if (first >= 0x20 && first < 0x40) {
      this.#resize(reader.integer(5))
      return undefined
    }
    const isKept = first >= 0x40
    const index = reader.integer(isKept ? 6 : 4)
    const name = index === 0 ? reader.text() : this.#entry(index).name
    const field = { name, value: reader.text() }
    if (isKept) this.#add(field)
    return field
  }

  #entry(index: number): Field {
    const field = STATIC_TABLE[index - 1] ?? this.#dynamic[index - 1 - STATIC_TABLE.length]
    if (field === undefined) throw new HpackError('an index beyond the header tables')
    return field
  }

  #resize(octets: number): void {
    if (octets > MAX_TABLE_OCTETS) throw new HpackError('a header table larger than allowed')
    this.#maxOctets = octets
    this.#evict()
  }

  #add(field: Field): void {
    this.#dynamic.unshift(field)
    this.#octets += sizeOf(field)
    this.#evict()
  }

  #evict(): void {
    while (this.#octets > this.#maxOctets) {
      const oldest = this.#dynamic.pop()
      if (oldest !== undefined) this.#octets -= sizeOf(oldest)
    }
  }
}

const sizeOf = ({ name, value }: Field) => name.length + value.length + ENTRY_OCTETS

/** A header field as it is written for a request: literal, never indexed, not compressed (RFC 7541 section 6.2.3). */
export function writeField(name: string, value: string): Buffer {
  const field = [lengthOctets(name.length), Buffer.from(name), lengthOctets(value.length), Buffer.from(value)]
  return Buffer.concat([Buffer.from([NEVER_INDEXED]), ...field])
}

const NEVER_INDEXED = 0x10
const LENGTH_BITS = 7

/** A length with the prefix of 7 bits (RFC 7541 section 5.1), whose first bit says that no Huffman code follows. */
function lengthOctets(length: number): Buffer {
  const most = 2 ** LENGTH_BITS - 1
  if (length < most) return Buffer.from([length])
  const octets = [most]
  let rest = length - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128)
  return Buffer.from([...octets, rest])
}

class BlockReader {
  readonly #block: Buffer
  #offset = 0

  constructor(block: Buffer) {
    this.#block = block
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#block.length
  }

  /** The octet that is read next; 0 at the end. */
  peek(): number {
    return this.#block[this.#offset] ?? 0
  }

  integer(bits: number): number {
    const most = 2 ** bits - 1
    let value = this.#octet() & most
    if (value < most) return value
    for (let factor = 1; factor <= 128 ** 2; factor *= 128) {
      const octet = this.#octet()
      value += (octet & 127) * factor
      if (octet < 128) return value
    }
    throw new HpackError('a number longer than any needs')
  }

  text(): string {
    const isHuffman = this.peek() >= 0x80
    const end = this.integer(LENGTH_BITS) + this.#offset
    if (end > this.#block.length) throw new HpackError('a text longer than its header block')
    const octets = this.#block.subarray(this.#offset, end)
    this.#offset = end
    const text = isHuffman ? decodeHuffman(octets) : octets.toString('latin1')
    if (text === undefined) throw new HpackError('a text in no Huffman code')
    return text
  }

  #octet(): number {
    const octet = this.#block[this.#offset++]
    if (octet === undefined) throw new HpackError('a header block cut short')
    return octet
  }
}
