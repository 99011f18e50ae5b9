/**
 * The server's name in the first bytes of a TLS connection (RFC 8446 section 4.1.2, RFC 6066 section 3): what endpoints
 * of providers choose a broker by. Undefined: more bytes are needed; '': there is none. For what our own client sends.
 */
export function serverNameOf(bytes: Buffer): string | undefined {
  if (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3)) return undefined
  let at = 5 + 4 + 2 + 32 // record, handshake header, version, random
  at += 1 + bytes.readUInt8(at) // session id
  at += 2 + bytes.readUInt16BE(at) // cipher suites
  at += 1 + bytes.readUInt8(at) // compression methods
  const end = at + 2 + bytes.readUInt16BE(at)
  for (at += 2; at + 4 <= end; at += 4 + bytes.readUInt16BE(at + 2)) {
    if (bytes.readUInt16BE(at) !== 0) continue
    // The list's length, the kind of name, then the name behind its length.
    const start = at + 4 + 2 + 1 + 2
    return bytes.toString('latin1', start, start + bytes.readUInt16BE(start - 2))
  }
  return ''
}
