import { addressBytes, holds, parseCidr } from '../../../../lib/address/address.js'

/** RFC 1918, RFC 6598, RFC 4193, link-local, loopback, and the benchmark range that some networks use inside. */
const ranges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  '198.18.0.0/15',
  'fc00::/7',
  'fe80::/10',
  '::1',
].map(parseCidr)

/** True for an address that only a network of one's own routes. */
export function isPrivate(address: string): boolean {
  const bytes = addressBytes(address)
  return bytes !== undefined && ranges.some(range => holds(range, bytes))
}
