import { isIP } from 'node:net'
import { hostPort } from '../../../../lib/address/host-port.js'
import { BadInput } from '../bad-input.js'
import type { DraftRule } from '../draft.js'
import type { LayoutInput, Layout } from '../provider.js'
import { atPort, idsOf, patternsOf, plainEndpoints, refuseZones } from './parts.js'

const defaultBasePort = 9000

/** The bootstrap server is any broker; a cluster's first three have these ids. */
const firstIds = [1, 2, 3]

/** Ids of brokers that exist. */
function someIds(input: LayoutInput): readonly number[] {
  const ids = [...new Set(idsOf(input).map(Number))].sort((a, b) => a - b)
  return ids.length > 0 ? ids : firstIds
}

/** One load balancer with a listener for each broker: the port is a base and the broker's id. */
export const portPerBroker: Layout = input => {
  refuseZones(input)
  const [endpoint = '', second] = plainEndpoints(input)
  if (second !== undefined) throw new BadInput(`endpoint ${second}: one load balancer has one name`)
  const port = advertisedPort(input)
  const kept: DraftRule = { match: patternsOf(input, 'broker'), to: endpoint }
  const bootstrap = patternsOf(input, 'bootstrap')
  if (port === undefined) {
    const rules = [...(bootstrap.length === 0 ? [] : [{ match: bootstrap, to: endpoint }]), kept]
    return { tables: [], rules, remarks: [keptRemark(input), acrossZones] }
  }
  const base = checkBase(input)
  const rules: DraftRule[] = [
    {
      match: atPort(patternsOf(input, 'broker'), port),
      to: `${isIP(endpoint) === 6 ? `[${endpoint}]` : endpoint}:{${base} + n}`,
    },
    { remark: 'Brokers that advertise the ports of the load balancer themselves: the port stays.', ...kept },
  ]
  const remarks = [...(input.basePort === undefined ? [defaultRemark] : []), acrossZones]
  if (bootstrap.length > 0) {
    const ids = someIds(input)
    const to = ids.map(id => hostPort(endpoint, base + id))
    rules.unshift({ match: atPort(bootstrap, port), to })
    remarks.push(`assumed: brokers ${ids.join(', ')} exist: the bootstrap server's name connects to them, in order`)
  }
  return { tables: [], rules, remarks }
}

function checkBase(input: LayoutInput): number {
  const { basePort = defaultBasePort } = input
  const highest = Math.max(...someIds(input))
  if (basePort + highest <= 65535) return basePort
  throw new BadInput(`--base-port ${basePort}: broker ${highest} would be at port ${basePort + highest}`)
}

/** The port that all brokers advertise, or undefined where they advertise the load balancer's ports. */
function advertisedPort({ names, provider, basePort }: LayoutInput): number | undefined {
  const known = provider.listeners
  const ports = [...new Set(names.map(({ port }) => port))]
  const listeners = ports.filter(port => known?.includes(port) ?? true)
  const [first, second] = listeners
  if (second !== undefined) {
    throw new BadInput(
      `brokers at the ports ${ports.join(' and ')}: each listener needs ports of its own; give the brokers of one`,
    )
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

const defaultRemark = `assumed: the load balancer's listener for broker n is ${defaultBasePort} + n (${defaultBasePort + 1} for broker 1); --base-port sets another`

/** An NLB does so only where cross-zone load balancing is switched on. */
const acrossZones =
  'the load balancer must balance across zones, or each of its addresses reaches only the brokers of its own zone'

const keptRemark = ({ names }: LayoutInput) =>
  `assumed: port ${names[0]?.port ?? ''} is the load balancer's own, and the brokers advertise its ports, which stay`
