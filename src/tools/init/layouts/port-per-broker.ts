import { BadInput } from '../bad-input.js'
import type { DraftRule } from '../draft.js'
import { withPort } from '../endpoints.js'
import { atPort, idsOf, patternsOf } from '../patterns.js'
import type { Given, Layout } from '../provider.js'
import { plainEndpoints, refuseZones } from './refusals.js'

const defaultBasePort = 9000

/** The bootstrap server is any broker; these have been there from the beginning. */
const firstIds = [1, 2, 3]

/** Brokers that are there. */
function someIds(given: Given): readonly number[] {
  const ids = [...new Set(idsOf(given).map(Number))].sort((a, b) => a - b)
  return ids.length > 0 ? ids : firstIds
}

/** One load balancer with a listener for each broker: the port is a base and the broker's id. */
export const portPerBroker: Layout = given => {
  refuseZones(given)
  const [endpoint = '', second] = plainEndpoints(given)
  if (second !== undefined) throw new BadInput(`endpoint ${second}: one load balancer has one name`)
  const port = advertisedPort(given)
  const kept: DraftRule = { match: patternsOf(given, 'broker'), to: endpoint }
  const bootstrap = patternsOf(given, 'bootstrap')
  if (port === undefined) {
    const rules = [...(bootstrap.length === 0 ? [] : [{ match: bootstrap, to: endpoint }]), kept]
    return { tables: [], rules, remarks: [keptRemark(given), acrossZones] }
  }
  const base = checkBase(given)
  const rules: DraftRule[] = [
    { match: atPort(patternsOf(given, 'broker'), port), to: withPort(endpoint, `{${base} + n}`) },
    { remark: 'Brokers that advertise ports of the load balancer themselves: the port stays.', ...kept },
  ]
  const remarks = [...(given.basePort === undefined ? [defaultRemark] : []), acrossZones]
  if (bootstrap.length > 0) {
    const ids = someIds(given)
    const to = ids.map(id => withPort(endpoint, String(base + id)))
    rules.unshift({ match: atPort(bootstrap, port), to })
    remarks.push(`assumed: there are brokers ${ids.join(', ')}: the bootstrap server's name leads to them, in order`)
  }
  return { tables: [], rules, remarks }
}

function checkBase(given: Given): number {
  const { basePort = defaultBasePort } = given
  const highest = Math.max(...someIds(given))
  if (basePort + highest <= 65535) return basePort
  throw new BadInput(`--base-port ${basePort}: broker ${highest} would be at port ${basePort + highest}`)
}

/** The port that all brokers advertise, or undefined where they advertise the load balancer's ports. */
function advertisedPort({ names, provider, basePort }: Given): number | undefined {
  const known = provider.listeners
  const ports = [...new Set(names.map(({ port }) => port))]
  const listeners = ports.filter(port => known?.includes(port) ?? true)
  const [first, second] = listeners
  if (second !== undefined) {
    throw new BadInput(`brokers at the ports ${ports.join(' and ')}: each listener needs ports of its own; give one`)
  }
  if (first !== undefined && ports.length > 1) {
    throw new BadInput(`brokers at the ports ${ports.join(' and ')}: give those of one listener`)
  }
  if (first === undefined && basePort !== undefined) {
    throw new BadInput(
      `--base-port: brokers at port ${ports.join(', ')} advertise the load balancer's ports themselves`,
    )
  }
  return first
}

const defaultRemark = `assumed: the load balancer's listener for broker n is ${defaultBasePort} + n (${defaultBasePort + 1} for broker 1); --base-port says another`

/** As an NLB does only when told to. */
const acrossZones =
  "the load balancer must balance across zones, or each of its addresses leads to its own zone's brokers alone"

const keptRemark = ({ names }: Given) =>
  `assumed: port ${names[0]?.port ?? ''} is the load balancer's own, and the brokers advertise its ports: they stay`
