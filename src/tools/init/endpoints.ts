import { isIP } from 'node:net'
import { toAsciiName } from '../../map/host-name.js'
import { quoteText } from '../../text/quote-text.js'
import { targetProblem } from '../../map/rule/target.js'
import { BadInput } from './bad-input.js'

/** The key of an endpoint that serves the bootstrap server only. */
export const bootstrapKey = 'bootstrap'

/** Where connections go. */
export interface Endpoint {
  /** A broker's id or `bootstrap`; undefined where it serves all brokers, or the broker at its position. */
  readonly id: string | undefined
  /** A name, in lower case, or an address. */
  readonly name: string
}

/** Reads endpoints, each `NAME` or `ID=NAME`. Throws `BadInput`. */
export function readEndpoints(texts: readonly string[]): readonly Endpoint[] {
  const endpoints = texts.map(readEndpoint)
  const seen = new Set<string>()
  for (const { id, name } of endpoints) {
    // The bootstrap server may share a broker's endpoint.
    for (const key of [...(id === bootstrapKey ? [] : [`=${name}`]), ...(id === undefined ? [] : [`${id}=`])]) {
      if (seen.has(key)) throw new BadInput(`endpoint ${key.replace(/^=|=$/, '')} is given twice`)
      seen.add(key)
    }
  }
  const [keyed, plain] = [endpoints.find(({ id }) => id !== undefined), endpoints.find(({ id }) => id === undefined)]
  if (keyed !== undefined && plain !== undefined) {
    throw new BadInput(`endpoint ${plain.name} has no broker's id, but ${keyed.name} has: expected ID=NAME for each`)
  }
  return endpoints
}

function readEndpoint(text: string): Endpoint {
  const at = text.indexOf('=')
  if (at < 0) return { id: undefined, name: readEndpointName(text) }
  const id = text.slice(0, at).trim().toLowerCase()
  if (id !== bootstrapKey && !/^\d{1,10}$/.test(id)) {
    throw new BadInput(
      `endpoint ${quoteText(text)}: expected a broker's id or 'bootstrap' before '='; a zone's endpoint is for --zone`,
    )
  }
  return { id, name: readEndpointName(text.slice(at + 1)) }
}

/** The name or address in lower case. Throws `BadInput`. */
export function readEndpointName(text: string): string {
  const trimmed = text.trim()
  const shown = quoteText(trimmed)
  if (trimmed === '') throw new BadInput('an endpoint is empty: expected a name or an address')
  if (trimmed.includes('://')) throw new BadInput(`expected an endpoint's name or address, found the URL ${shown}`)
  if (/[{}$]/.test(trimmed)) {
    throw new BadInput(`endpoint ${shown}: expected a name or an address; add braces to the finished map`)
  }
  const inBrackets = /^\[([^\]]*)\]$/.exec(trimmed)?.[1]
  const name = inBrackets !== undefined && isIP(inBrackets) === 6 ? inBrackets : trimmed
  if (isIP(name) !== 0) return withoutZoneIndex(name.toLowerCase())
  if (name.includes(':')) {
    throw new BadInput(`endpoint ${shown} has a port: expected a name or an address, the map sets the ports`)
  }
  const ascii = toAsciiName(name) ?? name
  const problem = targetProblem(ascii)
  if (problem !== undefined) throw new BadInput(`endpoint ${shown} ${problem}`)
  if (ascii === 'system' || ascii === 'refuse') {
    throw new BadInput(`endpoint ${shown} is a keyword of the map: write '${ascii}.' for a host of this name`)
  }
  return ascii
}

function withoutZoneIndex(address: string): string {
  if (!address.includes('%')) return address
  throw new BadInput(`endpoint ${quoteText(address)} names an interface of this machine: expected an address without %`)
}
