import { hostPort, type HostPort } from '../../../lib/address/host-port.js'
import { endsInNumber, readHost } from '../../map/host-name.js'
import { quoteText } from '../../text/quote-text.js'
import { BadInput, MissingInput } from './bad-input.js'
import { genericProvider } from './generic.js'
import { fill, readName, type Captures } from './name-shape.js'
import type { KnownName, LayoutInput, Provider, ProviderFamily } from './provider.js'
import { amazonMsk } from './providers/amazon-msk.js'
import { googleManagedKafka, ibmEventStreams } from './providers/broker-names.js'
import { confluent } from './providers/confluent.js'
import { redpanda } from './providers/redpanda.js'
import { aiven, eventHubs } from './providers/single-name.js'

/** The providers whose names are recognised. */
export const families: readonly ProviderFamily[] = [
  confluent,
  amazonMsk,
  redpanda,
  aiven,
  googleManagedKafka,
  eventHubs,
  ibmEventStreams,
]

/** The provider and the cluster. */
export type Recognised = Pick<LayoutInput, 'provider' | 'title' | 'names' | 'pinned'>

/** A server whose name is valid. */
type Named = Pick<KnownName, 'host' | 'port'>

/** Recognises the provider by the servers' names. Throws `BadInput` where they are not client names of one cluster. */
export function recognise(servers: readonly HostPort[], endpoints: readonly string[] = []): Recognised {
  if (servers.length === 0) throw new MissingInput('expected --brokers HOST:PORT,...')
  const named = distinct(servers.map(checkServer))
  const found = named.map(name => ({ name, known: knownProvider(name) }))
  const known = found.flatMap(({ known }) => known ?? [])
  const [first] = known
  if (first === undefined) return recogniseUnknown(named, endpoints)
  const unknown = found.find(({ known }) => known === undefined)
  if (unknown !== undefined) throw twoClusters(first.name.host, unknown.name.host)
  const other = known.find(({ provider }) => provider !== first.provider)
  if (other !== undefined) throw twoClusters(first.name.host, other.name.host)
  const names = known.map(({ name }) => name)
  const { provider } = first
  const pinned = pinnedBy(provider, names)
  return { provider, title: fill(provider.title, pinned), names, pinned }
}

function recogniseUnknown(named: readonly Named[], endpoints: readonly string[]): Recognised {
  const provider = genericProvider(named, endpoints)
  const names = named.flatMap(({ host, port }) => readBy(provider, { host, port }) ?? [])
  return { provider, title: provider.title, names, pinned: {} }
}

/** The name in lower case, without a final dot. Throws `BadInput` for what can't be a broker's name. */
function checkServer({ host: asked, port }: HostPort): Named {
  const { kind, host } = readHost(asked)
  const shown = quoteText(asked)
  if (kind === 'ipv4' || kind === 'ipv6') {
    throw new BadInput(
      `broker ${shown} is an address: expected a name; docs/map.md in this package has rules for addresses`,
    )
  }
  if (kind === 'invalid' || endsInNumber(host)) throw new BadInput(`broker ${shown} is not a valid host name`)
  if (host === 'localhost' || host.endsWith('.localhost')) {
    throw new BadInput(`broker ${shown} is this machine itself, which no map can route elsewhere`)
  }
  if (port === undefined) throw new BadInput(`broker ${shown} has no port: expected HOST:PORT`)
  return { host, port }
}

const distinct = (named: readonly Named[]) => [
  ...new Map(named.map(name => [hostPort(name.host, name.port), name])).values(),
]

interface Known {
  readonly provider: Provider
  readonly name: KnownName
}

/** Undefined outside of every provider's domains. Throws `BadInput` for a name inside that is not a broker's. */
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

function notABroker({ name, nonBrokerNames }: ProviderFamily, host: string): string {
  const what = nonBrokerNames.find(({ mark }) => host.includes(mark))?.what
  return what === undefined
    ? `broker ${host} is in a domain of ${name}, but init does not know such names; docs/map.md in this package says how to write the map yourself`
    : `broker ${host} is ${what} (${name})`
}

/** The captures that identify the cluster. Throws `BadInput` where the names are of two clusters. */
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
  new BadInput(`brokers ${one} and ${other} belong to two clusters or listeners: make a map for each`)
