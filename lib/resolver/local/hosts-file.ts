import { isIP } from 'node:net'
import type { Address } from '../../address/address.js'

/** The addresses of each name, in lower case and without trailing dot; IPv4 first. */
export type HostsTable = ReadonlyMap<string, readonly Address[]>

/** The names of a hosts file: `ADDRESS NAME...`, comments from `#` on. A name on several lines has all their addresses. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, Address[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    const family = isIP(address)
    if (family === 4 || family === 6) for (const name of names) add(table, name, { address, family })
  }
  for (const addresses of table.values()) addresses.sort((one, other) => one.family - other.family)
  return table
}

function add(table: Map<string, Address[]>, name: string, address: Address): void {
  const key = name.toLowerCase().replace(/\.$/, '')
  const addresses = table.get(key) ?? []
  if (!addresses.some(known => known.address === address.address)) addresses.push(Object.freeze(address))
  table.set(key, addresses)
}
