import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import type { Address, Family } from '../../lib/address/address.js'

/** What a caller of `lookup` asked for, checked. */
export interface LookupRequest {
  readonly family: 0 | Family
  readonly all: boolean
  readonly hints: number
  /** undefined: the process' default order. */
  readonly order: 'ipv4first' | 'ipv6first' | 'verbatim' | undefined
}

const orders: readonly unknown[] = ['ipv4first', 'ipv6first', 'verbatim']
const knownHints = dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL
const noop = () => undefined
const plainly: LookupRequest = Object.freeze({ family: 0, all: false, hints: 0, order: undefined })

/**
 * What the arguments after the host name ask for. Throws what Node's own `dns.lookup` throws on them: it is called
 * with them, for an address, which it answers without a look-up.
 */
export function readArguments(options: unknown, callback: unknown): LookupRequest {
  if (typeof options === 'function') return plainly
  if (typeof callback === 'function') {
    if (options === undefined || options === null) return plainly
    if (options === 0 || options === 4 || options === 6) return { ...plainly, family: options }
    if (typeof options === 'object') {
      const asked = readOptions(options)
      if (asked !== undefined) return asked
    }
  }
  // With as many arguments as there were: the message says which of them is wrong.
  const rest = callback === undefined ? [options] : [options, typeof callback === 'function' ? noop : callback]
  Reflect.apply(dns.lookup, dns, ['127.0.0.1', ...rest])
  return plainly
}

/** undefined where something in the options is not as this version of Node takes it. */
function readOptions(options: LookupOptions & { readonly order?: unknown }): LookupRequest | undefined {
  const all = options.all ?? false
  const hints = options.hints ?? 0
  const verbatim = options.verbatim ?? undefined
  const family = options.family === undefined ? 0 : readFamily(options.family ?? 0)
  // Most callers give neither.
  const order = options.order === undefined && verbatim === undefined ? undefined : readOrder(options)
  const isRight =
    typeof all === 'boolean' &&
    typeof hints === 'number' &&
    ((hints >>> 0) & ~knownHints) === 0 &&
    (verbatim === undefined || typeof verbatim === 'boolean')
  return isRight && family !== undefined && order !== null ? { family, all, hints: hints >>> 0, order } : undefined
}

function readFamily(family: unknown): 0 | Family | undefined {
  if (family === 0 || family === 4 || family === 6) return family
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : undefined
}

/** null where it is no order. `order` goes before the older `verbatim`. */
function readOrder(options: { readonly order?: unknown; readonly verbatim?: unknown }): LookupRequest['order'] | null {
  const { order } = options
  if (order === undefined || order === null) {
    const { verbatim } = options
    return verbatim === undefined ? undefined : verbatim ? 'verbatim' : 'ipv4first'
  }
  return orders.includes(order) ? (order as LookupRequest['order']) : null
}

/** The family whose addresses are looked up: for v4-mapped addresses IPv4 is needed too. */
export function familyToResolve({ family, hints }: LookupRequest, general: 0 | Family): 0 | Family {
  if (family === 6 && (hints & dns.V4MAPPED) !== 0) return 0
  return family === 0 ? general : family
}

/** The addresses as the caller wants them, copied; empty where none is of the family. */
export function arrange(addresses: readonly Address[], asked: LookupRequest): LookupAddress[] {
  const first = addresses[0]
  // By far the most common, and the hot path.
  if (first !== undefined && addresses.length === 1 && asked.family === 0)
    return [{ address: first.address, family: first.family }]
  const found: LookupAddress[] = []
  for (const { address, family } of addresses) {
    if (asked.family === 0 || asked.family === family) found.push({ address, family })
  }
  if (asked.family === 6 && (asked.hints & dns.V4MAPPED) !== 0) addMapped(found, addresses, asked)
  return found.length > 1 ? byResultOrder(found, asked) : found
}

/** Where there is no IPv6 address, or all are wanted, each IPv4 address in its v4-mapped form. */
function addMapped(found: LookupAddress[], addresses: readonly Address[], { hints }: LookupRequest): void {
  if (found.length > 0 && (hints & dns.ALL) === 0) return
  for (const { address, family } of addresses) {
    if (family === 4) found.push({ address: `::ffff:${address}`, family: 6 })
  }
}

function byResultOrder(found: LookupAddress[], { family, order }: LookupRequest): LookupAddress[] {
  if (family !== 0) return found
  const wanted = order ?? dns.getDefaultResultOrder()
  if (wanted === 'verbatim') return found
  const sign = wanted === 'ipv6first' ? -1 : 1
  return found.sort((a, b) => sign * (a.family - b.family))
}
