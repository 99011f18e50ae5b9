import { BadInput } from './bad-input.js'
import { endpointPerBroker } from './layouts/endpoint-per-broker.js'
import { oneEndpoint } from './layouts/one-endpoint.js'
import { portPerBroker } from './layouts/port-per-broker.js'
import { bootstrap, broker, type KnownName, type Layout, type Provider, type Shape } from './provider.js'

/** The options decide: an endpoint for each broker, a port for each broker, or one endpoint for all. */
const layoutByOptions: Layout = input => {
  const isKeyed = input.endpoints.some(({ id }) => id !== undefined)
  if (!isKeyed && input.basePort === undefined) return oneEndpoint(input)
  const brokers = input.provider.shapes.filter(({ role }) => role === 'broker')
  if (brokers.length === 0 || brokers.some(({ pattern }) => !pattern.includes('{n:int}'))) {
    throw new BadInput("brokers can't be told apart: give a broker whose first label ends in a number")
  }
  return isKeyed ? endpointPerBroker(input) : portPerBroker(input)
}

type Server = Pick<KnownName, 'host' | 'port'>

/**
 * A provider made from the names themselves: a number at the end of the first label is a broker's. A name without one is
 * mapped as it is. Where no name has a number, all names beside it at its port count as brokers.
 */
export function genericProvider(servers: readonly Server[], endpoints: readonly string[]): Provider {
  const hosts = servers.map(({ host }) => host)
  const shapes = new Map<string, Shape>()
  const numbered = hosts.map(numberedShape)
  for (const [index, host] of hosts.entries()) {
    const shape = numbered[index] ?? bootstrap(host, 'as it was given')
    shapes.set(shape.pattern, shape)
  }
  const remarks: string[] = []
  if (numbered.some(shape => shape !== undefined)) {
    remarks.push('assumed: broker names differ only in the number; other names are not mapped')
  } else {
    const beside = siblingShapes(servers, endpoints)
    for (const shape of beside) shapes.set(shape.pattern, shape)
    remarks.push(
      beside.length === 0
        ? "only the names that were given are covered, because none is a broker's: add one to --brokers, or look with --connect"
        : "assumed: every name beside the bootstrap server, at its port, is a broker's; a broker in --brokers narrows this down",
    )
  }
  return {
    title: 'Kafka of an unknown provider',
    pins: [],
    layout: layoutByOptions,
    shapes: [...shapes.values()],
    remarks,
  }
}

const longestNumber = 4

/** The pattern of all names that differ only in the number at the end of the first label; undefined without one. */
function numberedShape(host: string): Shape | undefined {
  const [first = '', ...rest] = host.split('.')
  const stem = first.replace(/\d+$/, '')
  const digits = first.length - stem.length
  if (digits === 0 || digits > longestNumber) return undefined
  return broker([`${stem}{n:int}`, ...rest].join('.'))
}

/** A domain of fewer labels is somebody's whole domain. */
const leastLabels = 3

/**
 * The names beside the bootstrap server, where their domain is probably the cluster's own. A first label that is an id
 * means that clusters share the domain; an endpoint in it means that the domain holds more than brokers. Only the same
 * port counts, because a database or a registry may have a name there too.
 */
function siblingShapes(servers: readonly Server[], endpoints: readonly string[]): readonly Shape[] {
  const hosts = servers.map(({ host }) => host)
  const domains = new Set(hosts.map(host => host.slice(host.indexOf('.') + 1)))
  const [domain = ''] = domains
  const hasId = hosts.some(host => /^[^.]*\d/.test(host))
  const isShared = domains.size > 1 || hasId || domain.split('.').length < leastLabels || !hosts[0]?.includes('.')
  const holdsEndpoint = endpoints.some(name => name.replace(/\.$/, '').endsWith(`.${domain}`))
  if (isShared || holdsEndpoint) return []
  return servers.map(({ port }) => broker(`{broker}.${domain}:${port}`))
}
