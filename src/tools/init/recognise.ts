import { endsInNumber, readHost } from '../../map/host-name.js'
import { quoteText } from '../../text/quote-text.js'
import { BadInput } from './bad-input.js'
import { genericProvider } from './generic.js'
import { readName, type Captures } from './name-shape.js'
import type { Family, KnownName, Provider } from './provider.js'
import { families } from './providers/known.js'

/** A server as it was given. */
export interface Server {
  readonly host: string
  readonly port: number | undefined
}

/** Whose cluster it is. */
export interface Recognised {
  readonly provider: Provider
  readonly names: readonly KnownName[]
  readonly pinned: Captures
}

/** A server with a valid name. */
interface Named {
  readonly host: string
  readonly port: number
}

/** What the servers' names tell. Throws `BadInput` where they are no names of one cluster that clients use. */
export function recognise(servers: readonly Server[], endpoints: readonly string[] = []): Recognised {
  if (servers.length === 0) throw new BadInput('expected --brokers HOST:PORT,...', 'brokers')
  const named = distinct(servers.map(checkServer))
  const found = named.map(name => ({ name, known: knownProvider(name) }))
  const known = found.flatMap(({ known }) => known ?? [])
  const [first] = known
  if (first === undefined) return recogniseUnknown(named, endpoints)
  const stranger = found.find(({ known }) => known === undefined)
  if (stranger !== undefined) throw twoClusters(first.name.host, stranger.name.host)
  const other = known.find(({ provider }) => provider !== first.provider)
  if (other !== undefined) throw twoClusters(first.name.host, other.name.host)
  const names = known.map(({ name }) => name)
  return { provider: first.provider, names, pinned: pinnedBy(first.provider, names) }
}

function recogniseUnknown(named: readonly Named[], endpoints: readonly string[]): Recognised {
  const provider = genericProvider(named, endpoints)
  const names = named.flatMap(({ host, port }) => readBy(provider, { host, port }) ?? [])
  return { provider, names, pinned: {} }
}

/** In lower case, without a final dot. Throws `BadInput` for what is no broker's name. */
function checkServer({ host: asked, port }: Server): Named {
  const { kind, host } = readHost(asked)
  const shown = quoteText(asked)
  if (kind === 'ipv4' || kind === 'ipv6') {
    throw new BadInput(`broker ${shown} is an address: expected a name; docs/map.md has rules for addresses`)
  }
  if (kind === 'invalid' || endsInNumber(host)) throw new BadInput(`broker ${shown} is no valid host name`)
  if (host === 'localhost' || host.endsWith('.localhost')) {
    throw new BadInput(`broker ${shown} is this machine itself, and no map leads from there`)
  }
  if (port === undefined) throw new BadInput(`broker ${shown} has no port: expected HOST:PORT`)
  return { host, port }
}

const distinct = (named: readonly Named[]) => [
  ...new Map(named.map(name => [`${name.host}:${name.port}`, name])).values(),
]

interface Known {
  readonly provider: Provider
  readonly name: KnownName
}

/** Undefined where no provider's domain is meant. Throws `BadInput` for a name in one that is no broker's. */
function knownProvider(name: Named): Known | undefined {
  const family = families.find(({ domains }) => domains.some(domain => readName(domain, name.host) !== undefined))
  if (family === undefined) return undefined
  for (const provider of family.providers) {
    const read = readBy(provider, name)
    if (read !== undefined) return { provider, name: read }
  }
  throw new BadInput(notABroker(family, name.host))
}

function readBy({ shapes }: Provider, { host, port }: Named): KnownName | undefined {
  for (const shape of shapes) {
    const captures = readName(shape.pattern, host)
    if (captures !== undefined) return { host, port, shape, captures }
  }
  return undefined
}

function notABroker({ name, strangers }: Family, host: string): string {
  const what = strangers.find(({ mark }) => host.includes(mark))?.what
  return what === undefined
    ? `broker ${host} is in a domain of ${name}, but no name there that init knows; docs/map.md tells how to write the map`
    : `broker ${host} is ${what} (${name})`
}

/** The captures by which the provider tells clusters apart. Throws `BadInput` where the names tell of two. */
function pinnedBy({ pins, sharedBy }: Provider, names: readonly KnownName[]): Captures {
  const pinned: Record<string, string> = {}
  for (const pin of pins) {
    const [first, ...rest] = names.filter(({ captures }) => captures[pin] !== undefined)
    if (first === undefined) continue
    const other = rest.find(({ captures }) => captures[pin] !== first.captures[pin])
    if (other === undefined) pinned[pin] = first.captures[pin] ?? ''
    else if (pin !== sharedBy) throw twoClusters(first.host, other.host)
  }
  return pinned
}

const twoClusters = (one: string, other: string) =>
  new BadInput(`brokers ${one} and ${other} are of two clusters or listeners: make a map for each`)
