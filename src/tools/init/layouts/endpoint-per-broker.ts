import { isIP } from 'node:net'
import { BadInput } from '../bad-input.js'
import type { DraftRule, DraftTable } from '../draft.js'
import { bootstrapKey } from '../endpoints.js'
import { idsOf, patternOf, patternsOf, shapesOf } from '../patterns.js'
import type { EndpointOrder, Given, Layout } from '../provider.js'
import { inOrder } from './in-order.js'
import { refuseBasePort, refuseZones, requireEndpoints } from './refusals.js'

/** An endpoint for each broker, found by its id; ports stay as they are. */
export const endpointPerBroker: Layout = given => {
  refuseZones(given)
  refuseBasePort(given, 'an endpoint for each broker needs no ports of its own: give one endpoint, or no --base-port')
  const { bootstrap, brokers, isOrdered } = assign(given)
  const lacking = idsOf(given).find(id => !brokers.has(id))
  if (lacking !== undefined) throw new BadInput(`broker ${lacking} has no endpoint: expected one for each broker`)
  const isTable = [...brokers.values()].every(name => isIP(name) !== 6)
  const rules: DraftRule[] = isTable
    ? [{ match: patternsOf(given, 'broker'), to: '{endpoint[n]}' }]
    : exactRules(given, brokers)
  if (shapesOf(given, 'bootstrap').length > 0) {
    rules.unshift({ match: patternsOf(given, 'bootstrap'), to: inOrder(bootstrap ?? [...brokers.values()]) })
  } else if (bootstrap !== undefined) {
    throw new BadInput(`endpoint ${bootstrapKey}=${bootstrap[0]}: no bootstrap server has a name of its own here`)
  }
  const table: DraftTable = {
    name: 'endpoint',
    remark: 'each broker by its id; one that is not listed here fails: add it when the cluster grows',
    entries: brokers,
  }
  return {
    tables: isTable ? [table] : [],
    rules,
    remarks: isOrdered ? [orderRemark(brokers, bootstrap !== undefined)] : [],
  }
}

/** The layout where one endpoint is for all; several are one for each broker. */
export const oneOrEach =
  (one: Layout): Layout =>
  given => {
    const isOne = given.endpoints.length <= 1 && given.endpoints.every(({ id }) => id === undefined)
    return isOne ? one(given) : endpointPerBroker(given)
  }

/** A table holds names only; no name is made of an IPv6 address. */
function exactRules(given: Given, brokers: ReadonlyMap<string, string>): DraftRule[] {
  const shapes = shapesOf(given, 'broker')
  const exact = [...brokers].map(([n, to]) => ({ match: shapes.map(shape => patternOf(shape, given, { n })), to }))
  const remark = 'A broker that is not listed has no endpoint: add it when the cluster grows.'
  return [...exact, { remark, match: patternsOf(given, 'broker'), to: 'refuse' }]
}

interface Assigned {
  readonly bootstrap: readonly [string] | undefined
  readonly brokers: ReadonlyMap<string, string>
  /** Whose endpoint is whose was told by their order alone. */
  readonly isOrdered: boolean
}

function assign(given: Given): Assigned {
  const endpoints = requireEndpoints(given)
  const order = given.provider.order ?? { bootstrapFirst: false, firstId: 0 }
  const isOrdered = endpoints.every(({ id }) => id === undefined)
  const keyed = isOrdered ? inTurn(given, order) : endpoints.map(({ id = '', name }) => [id, name] as const)
  const bootstrap = keyed.find(([id]) => id === bootstrapKey)?.[1]
  const brokers = new Map(keyed.filter(([id]) => id !== bootstrapKey))
  if (brokers.size === 0) throw new BadInput('no broker has an endpoint: expected ID=NAME for each broker')
  return { bootstrap: bootstrap === undefined ? undefined : [bootstrap], brokers, isOrdered }
}

function inTurn(
  { endpoints }: Given,
  { bootstrapFirst, firstId }: EndpointOrder,
): readonly (readonly [string, string])[] {
  return endpoints.map(({ name }, index) => {
    const place = bootstrapFirst ? index - 1 : index
    return [place < 0 ? bootstrapKey : String(firstId + place), name]
  })
}

function orderRemark(brokers: ReadonlyMap<string, string>, hasBootstrap: boolean): string {
  const ids = [...brokers.keys()].join(', ')
  const first = hasBootstrap ? 'first the bootstrap server, then ' : ''
  return `assumed: the endpoints are in the order of the brokers' ids: ${first}${brokers.size === 1 ? 'broker' : 'brokers'} ${ids}; --endpoint ID=NAME says it for sure`
}
