import { isIP } from 'node:net'
import { BadInput } from '../bad-input.js'
import type { DraftRule, DraftTable } from '../draft.js'
import { bootstrapKey } from '../endpoints.js'
import type { EndpointOrder, LayoutInput, Layout } from '../provider.js'
import {
  idsOf,
  patternOf,
  patternsOf,
  refuseBasePort,
  refuseZones,
  requireEndpoints,
  shapesOf,
  targetList,
} from './parts.js'

/** An endpoint for each broker, found by the broker's id; ports stay as they are. */
export const endpointPerBroker: Layout = input => {
  refuseZones(input)
  refuseBasePort(input, 'an endpoint for each broker needs no ports of its own: give one endpoint, or no --base-port')
  const { bootstrap, brokers, isOrdered } = assign(input)
  const lacking = idsOf(input).find(id => !brokers.has(id))
  if (lacking !== undefined) throw new BadInput(`broker ${lacking} has no endpoint: give one for each broker`)
  const isTable = [...brokers.values()].every(name => isIP(name) !== 6)
  const rules: DraftRule[] = isTable
    ? [{ match: patternsOf(input, 'broker'), to: '{endpoint[n]}' }]
    : exactRules(input, brokers)
  if (shapesOf(input, 'bootstrap').length > 0) {
    rules.unshift({ match: patternsOf(input, 'bootstrap'), to: targetList(bootstrap ?? [...brokers.values()]) })
  } else if (bootstrap !== undefined) {
    throw new BadInput(`endpoint ${bootstrapKey}=${bootstrap[0]}: no bootstrap server has a name of its own here`)
  }
  const table: DraftTable = {
    name: 'endpoint',
    remark: 'each broker by its id; a broker that is missing here fails: add it when the cluster grows',
    entries: brokers,
  }
  return {
    tables: isTable ? [table] : [],
    rules,
    remarks: isOrdered ? [orderRemark(brokers, bootstrap !== undefined)] : [],
  }
}

/** The layout for one endpoint; several endpoints are one for each broker. */
export const oneOrPerBroker =
  (one: Layout): Layout =>
  input => {
    const isOne = input.endpoints.length <= 1 && input.endpoints.every(({ id }) => id === undefined)
    return isOne ? one(input) : endpointPerBroker(input)
  }

/** A rule for each broker, because a table can't hold an IPv6 address. */
function exactRules(input: LayoutInput, brokers: ReadonlyMap<string, string>): DraftRule[] {
  const shapes = shapesOf(input, 'broker')
  const exact = [...brokers].map(([n, to]) => ({ match: shapes.map(shape => patternOf(shape, input, { n })), to }))
  const remark = 'A broker that is missing above has no endpoint: add it when the cluster grows.'
  return [...exact, { remark, match: patternsOf(input, 'broker'), to: 'refuse' }]
}

interface Assigned {
  readonly bootstrap: readonly [string] | undefined
  readonly brokers: ReadonlyMap<string, string>
  /** True where endpoints belong to brokers by their order only. */
  readonly isOrdered: boolean
}

function assign(input: LayoutInput): Assigned {
  const endpoints = requireEndpoints(input)
  const order = input.provider.order ?? { bootstrapFirst: false, firstId: 0 }
  const isOrdered = endpoints.every(({ id }) => id === undefined)
  const keyed = isOrdered ? byPosition(input, order) : endpoints.map(({ id = '', name }) => [id, name] as const)
  const bootstrap = keyed.find(([id]) => id === bootstrapKey)?.[1]
  const brokers = new Map(keyed.filter(([id]) => id !== bootstrapKey))
  if (brokers.size === 0) throw new BadInput('no broker has an endpoint: give ID=NAME for each broker')
  return { bootstrap: bootstrap === undefined ? undefined : [bootstrap], brokers, isOrdered }
}

function byPosition(
  { endpoints }: LayoutInput,
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
  return `assumed: the endpoints are in the order of the brokers' ids: ${first}${brokers.size === 1 ? 'broker' : 'brokers'} ${ids}; --endpoint ID=NAME makes it certain`
}
