import { addressVersion, type Address } from '../address/address.js'
import { openUdp } from './udp.js'

/**
 * True where this machine has a route to the address, and an address of its own to send from. It is what the kernel
 * says to a UDP socket's `connect`, which sends nothing; getaddrinfo asks the same (RFC 6724 section 6, rule 1).
 * Never rejects.
 */
export function hasNetworkRoute({ address, family }: Address, port: number): Promise<boolean> {
  if (addressVersion(address) !== family) return Promise.resolve(false)
  return new Promise<boolean>(resolve => {
    const socket = openUdp(address)
    const settle = (isRouted: boolean) => {
      socket.close()
      resolve(isRouted)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.connect(port, address)
  }).catch(() => false)
}
