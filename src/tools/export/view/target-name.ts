import { isIP } from 'node:net'
import { matchesRun } from '../../../map/rule/label-pattern.js'
import { targetProblem } from '../../../map/rule/target.js'
import { joined, labelsOf, type HostPattern } from './host-pattern.js'

/** The reply to a host. */
export type Reply =
  /** Whatever this name resolves to; its captures are the host pattern's. */
  | { readonly kind: 'name'; readonly name: HostPattern }
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  /** An IPv4 address with captures in it. */
  | { readonly kind: 'ipv4'; readonly address: HostPattern }
  /** NXDOMAIN: the map refuses the name, or has no target for it. */
  | { readonly kind: 'none'; readonly why: string }
  /** Whatever the server answers without the map. */
  | { readonly kind: 'pass' }

/** A host pattern and its reply. */
export interface Case {
  readonly pattern: HostPattern
  readonly reply: Reply
}

/** The reason why plain DNS can't answer for a target. */
export class Inexpressible extends Error {
  override readonly name = 'Inexpressible'
}

const octet = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/

/** The replies to the hosts of the pattern, whose target this is. Throws `Inexpressible`. */
export function casesFor(pattern: HostPattern, target: HostPattern): readonly Case[] {
  const name = absolute(target)
  const [only] = name
  if (name.length <= 1 && (only === undefined || only.kind === 'literal')) {
    return [{ pattern, reply: constantReply(only?.text ?? '', name !== target) }]
  }
  if (/^\.|\.\.|\.$/.test(name.map(part => (part.kind === 'literal' ? part.text : '0')).join(''))) {
    return [{ pattern, reply: { kind: 'none', why: 'a label of its target is empty' } }]
  }
  const last = labelsOf(name).at(-1) ?? []
  if (isNumber(last)) return addressCases(pattern, name)
  if (mayBeNumber(last)) throw new Inexpressible('its target may end in a number, depending on the name asked for')
  return [{ pattern, reply: { kind: 'name', name } }]
}

function constantReply(name: string, isAbsolute: boolean): Reply {
  if (name.includes('%')) throw new Inexpressible('its target is an address with a zone index')
  if (isIP(name) !== 0) return { kind: 'addresses', addresses: [name] }
  const problem = targetProblem(name)
  if (problem !== undefined) return { kind: 'none', why: `its target ${problem}` }
  if (!isAbsolute && !name.includes('.')) {
    throw new Inexpressible(`its target '${name}' is relative: only a client's search list completes it`)
  }
  return { kind: 'name', name: [{ kind: 'literal', text: name }] }
}

/** The target without its final dot; the same object where it has none. */
function absolute(target: HostPattern): HostPattern {
  const last = target.at(-1)
  if (last?.kind !== 'literal' || !last.text.endsWith('.')) return target
  return joined([...target.slice(0, -1), { kind: 'literal', text: last.text.slice(0, -1) }])
}

const digits = (text: string) => matchesRun('int', text, 0, text.length)

/** True where the label is always a number. */
const isNumber = (label: HostPattern) =>
  label.every(part => (part.kind === 'literal' ? digits(part.text) : part.kind === 'capture' && part.type === 'int'))

/** True where the label may be a number, decimal or hexadecimal. */
const mayBeNumber = ([first, ...rest]: HostPattern) =>
  first !== undefined &&
  (first.kind !== 'literal' || (rest.length > 0 && /^(\d+|0x[0-9a-f]*)$/.test(first.text))) &&
  rest.every(part => part.kind !== 'literal' || /^[0-9a-fx]+$/.test(part.text))

/** A name that ends in a number is an IPv4 address or has no addresses. */
function addressCases(pattern: HostPattern, name: HostPattern): readonly Case[] {
  const labels = labelsOf(name)
  const none: Case = { pattern, reply: { kind: 'none', why: 'its target ends in a number and is not an IPv4 address' } }
  const numbers = new Set<number>()
  for (const label of labels) {
    const [only] = label
    if (!isNumber(label)) {
      if (label.some(part => part.kind !== 'literal')) {
        throw new Inexpressible('its target may be an IPv4 address, depending on the name asked for')
      }
      return [none]
    }
    if (only?.kind === 'capture' && label.length === 1) numbers.add(only.number)
    else if (label.length > 1) throw new Inexpressible('an octet of its target has several parts')
    else if (only?.kind !== 'literal' || !octet.test(only.text)) return [none]
  }
  if (labels.length !== 4) return [none]
  return [{ pattern: withOctets(pattern, numbers), reply: { kind: 'ipv4', address: name } }, none]
}

/** The pattern with these captures restricted to numbers from 0 to 255. */
const withOctets = (pattern: HostPattern, numbers: ReadonlySet<number>): HostPattern =>
  pattern.map(part => (part.kind === 'capture' && numbers.has(part.number) ? { ...part, type: 'octet' } : part))
