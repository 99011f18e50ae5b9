import { isIP } from 'node:net'

/** The version of an IP address. */
export type Family = 4 | 6

/** An IP address that `net.isIP` accepts, with its version. */
export interface Address {
  readonly address: string
  readonly family: Family
}

/** True for 127.0.0.0/8 and ::1 alone. A v4-mapped form is none: sockets treat it in ways of their own. */
export function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1'
}
