import { isIP } from 'node:net'
import type { Expanded } from '../document/expansion.js'
import { endsInNumber, isHostName } from '../host-name.js'
import { bindHost, isConstant, parseHostTemplate, type HostTemplate } from './host-template.js'
import type { KnownParts } from './known-parts.js'
import { Malformed } from './malformed.js'
import type { Pattern } from './pattern.js'
import { findPort } from './port.js'
import { bindPort, parsePortTemplate, type BoundPort, type PortTemplate } from './port-template.js'
import type { Table } from '../tables.js'

/** One target as the map writes it. */
export interface TargetTemplate {
  readonly kind: 'target'
  readonly source: Expanded
  readonly host: HostTemplate | string
  readonly port: PortTemplate | null
}

/** One target, its names found among a pattern's captures and the map's tables. */
export interface BoundTarget {
  /** A valid name or address, or a text that renderHost fills in. */
  readonly host: string
  readonly port: BoundPort
  readonly written: string
}

/** What the text says: a target, or one of the words that stand alone. Throws Malformed. */
export function parseTarget(source: Expanded): TargetTemplate | 'system' | 'refuse' {
  const { text } = source
  const word = text.toLowerCase()
  if (word === 'system' || word === 'refuse') return word
  if (text === '') throw new Malformed('expected a target, found nothing')
  if (text.includes('://')) throw new Malformed('expected NAME[:PORT], found a URL', text.indexOf('://'))
  if (isIP(text) !== 0) return { kind: 'target', source, host: word, port: null }
  if (text.startsWith('[')) return bracketTarget(source)
  const colon = findPort(text)
  const port = colon < 0 ? null : parsePortTemplate(source, colon + 1)
  const end = colon < 0 ? text.length : colon
  const name = word.slice(0, end)
  if (name === 'system' || name === 'refuse') {
    throw new Malformed(`'${name}' takes no port (a host of this name is '${name}.', with a final dot)`, colon)
  }
  if (isIP(name) === 4) return { kind: 'target', source, host: name, port }
  return { kind: 'target', source, host: parseHostTemplate(source, end), port }
}

function bracketTarget(source: Expanded): TargetTemplate {
  const { text } = source
  const close = text.indexOf(']')
  const address = text.slice(1, close)
  if (close < 0 || isIP(address) !== 6) {
    throw new Malformed('expected an IPv6 address in brackets, like "[2001:db8::1]" or "[2001:db8::1]:9092"')
  }
  if (close + 1 < text.length && text[close + 1] !== ':')
    throw new Malformed("expected ':PORT' after the brackets", close + 1)
  const port = close + 1 === text.length ? null : parsePortTemplate(source, close + 2)
  return { kind: 'target', source, host: address.toLowerCase(), port }
}

/** The target for hosts that the pattern matches. Throws Malformed. */
export function bindTarget(
  template: TargetTemplate,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
  known: KnownParts,
): BoundTarget {
  const { source } = template
  const port = known.port(bindPort(template.port, pattern.shape.captures, source))
  const { written } = source
  if (typeof template.host === 'string') return { host: template.host, port, written }
  const host = bindHost(template.host, pattern, tables, source, known.lookups)
  const problem = isConstant(host) ? targetProblem(host) : undefined
  if (problem !== undefined) throw new Malformed(`the target ${problem}`)
  return { host, port, written }
}

/** Why nothing can be connected at this host, or undefined: it is an address, or a name with or without a final dot. */
export function targetProblem(host: string): string | undefined {
  if (isIP(host) !== 0) return undefined
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  if (!isHostName(name))
    return 'is no valid host name: letters, digits, - and _ in labels of 1 to 63 characters, 253 in all'
  if (endsInNumber(name)) return 'ends in a number: an IPv4 address has four octets, a host name ends in a word'
  return undefined
}
