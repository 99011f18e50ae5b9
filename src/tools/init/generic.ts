import { BadInput } from './bad-input.js'
import { endpointPerBroker } from './layouts/endpoint-per-broker.js'
import { oneEndpoint } from './layouts/one-endpoint.js'
import { portPerBroker } from './layouts/port-per-broker.js'
import type { KnownName, Layout, Provider, Shape } from './provider.js'

/** As the options say: an endpoint for each broker, a port for each, or one endpoint for all. */
const asAsked: Layout = given => {
  const isKeyed = given.endpoints.some(({ id }) => id !== undefined)
  if (!isKeyed && given.basePort === undefined) return oneEndpoint(given)
  const brokers = given.provider.shapes.filter(({ role }) => role === 'broker')
  if (brokers.length === 0 || brokers.some(({ pattern }) => !pattern.includes('{n:int}'))) {
    throw new BadInput("brokers can't be told apart: give a broker's name that ends its first label with a number")
  }
  return isKeyed ? endpointPerBroker(given) : portPerBroker(given)
}

type Server = Pick<KnownName, 'host' | 'port'>

/**
 * A way of naming that is made of the names themselves: a number at the end of the first label counts brokers. A name
 * without one stands alone in the map, and only where no broker was given, what is beside it at its port counts as
 * brokers.
 */
export function genericProvider(servers: readonly Server[], endpoints: readonly string[]): Provider {
  const hosts = servers.map(({ host }) => host)
  const shapes = new Map<string, Shape>()
  const numbered = hosts.map(numberedShape)
  for (const [index, host] of hosts.entries()) {
    const shape = numbered[index] ?? { role: 'bootstrap', pattern: host, what: 'as it was given' }
    shapes.set(shape.pattern, shape)
  }
  const remarks: string[] = []
  if (numbered.some(shape => shape !== undefined)) {
    remarks.push('assumed: brokers are called alike but for the number; names of any other kind are left alone')
  } else {
    const beside = siblingShapes(servers, endpoints)
    for (const shape of beside) shapes.set(shape.pattern, shape)
    remarks.push(
      beside.length === 0
        ? "only the names that were given are covered, for no broker's was: give one to --brokers, or see with --connect"
        : "assumed: every name beside the bootstrap server is a broker's, at its port; a broker in --brokers makes it narrower",
    )
  }
  return { title: 'Kafka of an unknown provider', pins: [], layout: asAsked, shapes: [...shapes.values()], remarks }
}

const longestNumber = 4

/** The pattern of all names that differ in the number at the end of the first label, or undefined. */
function numberedShape(host: string): Shape | undefined {
  const [first = '', ...rest] = host.split('.')
  let end = first.length
  while (end > 0 && isDigit(first.charCodeAt(end - 1))) end--
  const digits = first.length - end
  if (digits === 0 || digits > longestNumber) return undefined
  return { role: 'broker', pattern: [`${first.slice(0, end)}{n:int}`, ...rest].join('.'), what: 'a broker' }
}

const isDigit = (code: number) => code >= 48 && code <= 57

/** A domain of fewer labels is all that somebody owns. */
const leastLabels = 3

/**
 * What is beside the bootstrap server, where that is likely a cluster's own domain: not where the first label is
 * an id, for then many clusters share the domain, and not where an endpoint is there as well. At the same port only,
 * for a database or a registry may be there too.
 */
function siblingShapes(servers: readonly Server[], endpoints: readonly string[]): readonly Shape[] {
  const hosts = servers.map(({ host }) => host)
  const domains = new Set(hosts.map(host => host.slice(host.indexOf('.') + 1)))
  const [domain = ''] = domains
  const hasId = hosts.some(host => /^[^.]*\d/.test(host))
  const isShared = domains.size > 1 || hasId || domain.split('.').length < leastLabels || !hosts[0]?.includes('.')
  const holdsEndpoint = endpoints.some(name => name.replace(/\.$/, '').endsWith(`.${domain}`))
  if (isShared || holdsEndpoint) return []
  return servers.map(({ port }) => ({ role: 'broker', pattern: `{broker}.${domain}:${port}`, what: 'a broker' }))
}
