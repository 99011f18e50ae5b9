import type { Expanded } from '../document/node.js'
import type { Capture } from './label-pattern.js'
import { Malformed } from './malformed.js'
import { quoteText } from '../../text/quote-text.js'

/** True for 1 to 65535. */
export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535

/** The index of the `:` before the port in `HOST:PORT`, not counting those in braces; -1 if there is none. */
export function findPort(text: string): number {
  if (!text.includes('{')) return text.indexOf(':')
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '{') depth++
    else if (character === '}') depth--
    else if (character === ':' && depth <= 0) return index
  }
  return -1
}

interface Term {
  readonly sign: 1 | -1
  /** A number, `port`, or the name of an int capture in lower case. */
  readonly value: number | string
  readonly index: number
}

/** A target's port as the map writes it: a sum of numbers, int captures and the advertised port. */
export type PortTemplate = readonly Term[]

/** The port from `from` on: digits, or `{...}` with `+` and `-`. Throws Malformed. */
export function parsePortTemplate(source: Expanded, from: number): PortTemplate {
  const text = source.text.slice(from)
  if (/^\d+$/.test(text)) return checkConstant([{ sign: 1, value: Number(text), index: from }])
  if (!text.startsWith('{') || text.indexOf('}') !== text.length - 1) {
    const found = text === '' ? 'nothing' : `'${source.quote(from, source.text.length)}'`
    throw new Malformed(`expected a port, a number or {...} as a whole like {9000 + n}, found ${found}`, from)
  }
  return checkConstant(parseSum(source, from + 1, source.text.length - 1))
}

function parseSum(source: Expanded, from: number, to: number): PortTemplate {
  const terms: Term[] = []
  let sign: 1 | -1 = 1
  let expectsTerm = true
  // Tokens: a number, a name, a sign, or one character that is none of these.
  for (const match of source.text.slice(from, to).matchAll(/\d+|[A-Za-z_][A-Za-z0-9_]*|\S/g)) {
    const [token] = match
    const index = from + match.index
    const isSign = token === '+' || token === '-'
    if (isSign === expectsTerm || (!isSign && !/^\w/.test(token))) {
      const found = source.quote(index, index + token.length)
      throw new Malformed(
        `expected ${expectsTerm ? 'a number or an int capture' : "'+' or '-'"}, found '${found}'`,
        index,
      )
    }
    if (isSign) sign = token === '+' ? 1 : -1
    else terms.push({ sign, value: /^\d/.test(token) ? Number(token) : token.toLowerCase(), index })
    expectsTerm = isSign
  }
  if (expectsTerm) throw new Malformed('expected a number or an int capture, found the end of the braces', to)
  return terms
}

function checkConstant(terms: PortTemplate): PortTemplate {
  let sum = 0
  for (const { sign, value } of terms) {
    if (typeof value === 'string') return terms
    sum += sign * value
  }
  if (!isPort(sum)) throw new Malformed('expected a port from 1 to 65535', terms[0]?.index ?? 0)
  return terms
}

/** A constant and what is added to it or subtracted: the advertised port, or what the capture of that number reads. */
export interface PortSum {
  readonly sum: number
  readonly terms: readonly { readonly sign: 1 | -1; readonly from: number | 'port' }[]
}

/** A port template for one pattern. `keep`: the advertised port. */
export type BoundPort = 'keep' | PortSum

/** The template with its names found among the captures. Throws Malformed for one that is not there, or no int. */
export function bindPort(template: PortTemplate, captures: readonly Capture[], source: Expanded): BoundPort {
  if (template.length === 1 && template[0]?.value === 'port') return 'keep'
  let sum = 0
  const terms: { sign: 1 | -1; from: number | 'port' }[] = []
  for (const { sign, value, index } of template) {
    if (typeof value === 'number') sum += sign * value
    else terms.push({ sign, from: value === 'port' ? value : findNumber(value, index, captures, source) })
  }
  return { sum, terms }
}

function findNumber(name: string, index: number, captures: readonly Capture[], source: Expanded): number {
  const at = captures.findIndex(capture => capture.name.toLowerCase() === name)
  const found = captures[at]
  const written = source.quote(index, index + name.length)
  if (found === undefined) throw new Malformed(`the pattern has no capture ${quoteText(written)}`, index)
  if (found.type === 'int') return at
  throw new Malformed(`capture ${quoteText(written)} is no number: write {${written}:int} in the pattern`, index)
}
