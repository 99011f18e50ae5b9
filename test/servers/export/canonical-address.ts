import { isIP, SocketAddress } from 'node:net'

/** One text for each address. */
export const canonicalAddress = (address: string): string =>
  isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address
