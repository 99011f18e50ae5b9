import { hostPort } from '../../../../lib/address/host-port.js'
import { groupBy } from '../../group-by.js'
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

/** With more endpoints than these the sentence names addresses alone, as far as they are known. */
const mostWhole = 2

function nameAll(kind: string, probes: readonly Probe[], nameOf: (probe: Probe) => string): string {
  if (probes.length === 0) return ''
  const head = probes.length === 1 ? kind : `${kind}s`
  const whole = groupBy(probes, endpointOf)
  const groups = whole.size > mostWhole ? groupBy(probes, addressOf) : whole
  const named = [...groups].map(([endpoint, own]) => {
    const names = listWords(own.map(nameOf))
    return endpoint === '' ? names : `${names} at ${endpoint}`
  })
  const others = [...groups.values()].slice(mostNamed).flat().length
  return `${head} ${joinWords(others === 0 ? named : [...named.slice(0, mostNamed), `${others} more`])}`
}

const addressOf = (probe: Probe) =>
  probe.address === null ? endpointOf(probe) : hostPort(probe.address, probe.addressPort ?? probe.port)

/** `1, 2 and 3`, `1, 2, 3, 4, 5 and 25 more`. */
export function listWords(words: readonly string[]): string {
  const more = words.length - mostNamed
  return joinWords(more > 0 ? [...words.slice(0, mostNamed), `${more} more`] : words)
}

const joinWords = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
