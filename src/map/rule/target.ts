import { addressVersion } from '../../../lib/address/address.js'
import type { Expanded } from '../document/node.js'
import { endsInNumber, isHostName } from '../host-name.js'
import { bindHost, parseHostTemplate, type BoundHost, type HostTemplate } from './host-template.js'
import { emptiedHint, Malformed } from './malformed.js'
import type { Pattern } from './pattern.js'
import { bindPort, findPort, parsePortTemplate, type BoundPort, type PortTemplate } from './port-template.js'
import type { Table } from '../types.js'

/** One target as the map writes it. */
export interface TargetTemplate {
  readonly source: Expanded
  readonly host: HostTemplate | string
  readonly port: PortTemplate | null
}

/** One target for the hosts of one pattern. */
export interface BoundTarget {
  /** A valid name or address, or parts for renderHost. */
  readonly host: BoundHost
  readonly port: BoundPort
  readonly written: string
  /** Its key in a map by zone. */
  readonly zone: string | null
}

/** True where the map sets the target's port. */
export const setsPort = ({ port }: BoundTarget): boolean => port !== 'keep'

/** The target, or one of the words that are none. Throws Malformed. */
export function parseTarget(source: Expanded): TargetTemplate | 'system' | 'refuse' {
  const { text } = source
  const word = text.toLowerCase()
  if (word === 'system' || word === 'refuse') return word
  if (text === '') throw new Malformed('expected a target, found nothing')
  if (text.includes('://')) throw new Malformed('expected NAME[:PORT], found a URL', text.indexOf('://'))
  if (addressVersion(text) !== 0) return { source, host: word, port: null }
  if (text.startsWith('[')) return bracketTarget(source)
  const colon = findPort(text)
  const port = colon < 0 ? null : parsePortTemplate(source, colon + 1)
  const end = colon < 0 ? text.length : colon
  const name = word.slice(0, end)
  if (name === 'system' || name === 'refuse') {
    throw new Malformed(`'${name}' takes no port (a host of this name is '${name}.', with a final dot)`, colon)
  }
  if (addressVersion(name) === 4) return { source, host: name, port }
  const host = parseHostTemplate(source, end)
  const problem = typeof host === 'string' ? targetProblem(host) : undefined
  if (problem !== undefined) throw new Malformed(`the target ${problem}`)
  return { source, host, port }
}

function bracketTarget(source: Expanded): TargetTemplate {
  const { text } = source
  const close = text.indexOf(']')
  const address = text.slice(1, close)
  if (close < 0 || addressVersion(address) !== 6) {
    throw new Malformed('expected an IPv6 address in brackets, like "[2001:db8::1]" or "[2001:db8::1]:9092"')
  }
  if (close + 1 < text.length && text[close + 1] !== ':')
    throw new Malformed("expected ':PORT' after the brackets", close + 1)
  const port = close + 1 === text.length ? null : parsePortTemplate(source, close + 2)
  return { source, host: address.toLowerCase(), port }
}

/** The target for hosts that the pattern matches. Throws Malformed. */
export function bindTarget(
  template: TargetTemplate,
  zone: string | null,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
): BoundTarget {
  const { source } = template
  const port = template.port === null ? 'keep' : bindPort(template.port, pattern.captures, source)
  const host = typeof template.host === 'string' ? template.host : bindHost(template.host, pattern, tables, source)
  return { host, port, written: source.written, zone }
}

/** Why no connection can use the host; undefined for an address, or a name with or without a final dot. */
export function targetProblem(host: string): string | undefined {
  if (addressVersion(host) !== 0) return undefined
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  if (/^\.|\.\./.test(name)) return `is no valid host name: a label is empty${emptiedHint}`
  if (!isHostName(name))
    return 'is no valid host name: letters, digits, - and _ in labels of 1 to 63 characters, 253 in all'
  if (endsInNumber(name)) return 'ends in a number: an IPv4 address has four octets, a host name ends in a word'
  return undefined
}
