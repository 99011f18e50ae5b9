import { hostPort } from '../../../../lib/address/host-port.js'
import type { Probe } from '../types.js'

/** So many are named one by one. */
const mostNamed = 5

/**
 * Who they are and where they were reached, for the beginning of a sentence: `Broker 2 (b2.kafka.example:9092) at
 * vpce.example:9092 (10.0.0.9)`, `Brokers 2 and 3 at vpce.example:9092`.
 */
export function nameServers(probes: readonly Probe[]): string {
  const brokers = probes.filter(({ role }) => role === 'broker')
  const bootstrap = probes.filter(({ role }) => role === 'bootstrap')
  const parts = [
    nameAll('bootstrap server', bootstrap, ({ host, port }) => hostPort(host, port)),
    nameAll('broker', brokers, ({ nodeId, host, port }) =>
      brokers.length === 1 ? `${nodeId ?? '?'} (${hostPort(host, port)})` : String(nodeId ?? '?'),
    ),
  ]
  const text = parts.filter(part => part !== '').join('; ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The endpoint, as the map or the broker names it, and its address. */
function endpointOf({ explanation, address, addressPort, host, port }: Probe): string {
  const [target] = explanation.targets
  const name = target === undefined ? undefined : hostPort(target.host, target.port)
  if (address === null) return name ?? ''
  const shown = hostPort(address, addressPort ?? port)
  if (name === undefined) return shown === hostPort(host, port) ? '' : shown
  return name === shown ? shown : `${name} (${shown})`
}

function nameAll(kind: string, probes: readonly Probe[], nameOf: (probe: Probe) => string): string {
  if (probes.length === 0) return ''
  const head = probes.length === 1 ? kind : `${kind}s`
  const endpoints = new Set(probes.map(endpointOf))
  const [endpoint = ''] = endpoints
  const isShared = endpoints.size === 1
  const names = probes.map(probe => {
    const own = endpointOf(probe)
    return isShared || own === '' ? nameOf(probe) : `${nameOf(probe)} at ${own}`
  })
  return `${head} ${listWords(names)}${isShared && endpoint !== '' ? ` at ${endpoint}` : ''}`
}

/** `1, 2 and 3`, `1, 2, 3, 4, 5 and 25 more`. */
export function listWords(words: readonly string[]): string {
  const shown = words.slice(0, mostNamed)
  const more = words.length - shown.length
  const all = more > 0 ? [...shown, `${more} more`] : shown
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1) ?? ''}`
}
