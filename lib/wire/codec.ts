import { loadDnsPacket } from '../packages.js'
import { isIP, SocketAddress } from 'node:net'

/** A record codec of dns-packet: `decode` reads RDLENGTH and RDATA at the offset, and checks neither. */
interface RdataCodec {
  decode(buffer: Buffer, offset?: number): string
}

declare module 'dns-packet' {
  const a: RdataCodec
  const aaaa: RdataCodec
}

/**
 * The address in the slice, which holds RDLENGTH and exactly that much RDATA, in the one form that the system writes
 * it in too (`inet_ntop`): addresses are compared as text. undefined if `net.isIP` refuses it.
 */
export function decodeAddress(type: 'A' | 'AAAA', slice: Buffer): string | undefined {
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
