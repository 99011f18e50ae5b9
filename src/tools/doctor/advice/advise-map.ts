import { isIP } from 'node:net'
import { hostPort } from '../../../../lib/address/host-port.js'
import type { Facts } from './facts.js'
import { isPrivate } from './private-address.js'
import type { Advice, Probe } from '../types.js'
import { brokerZone, endpointZone, isZoned, zoneOf, zonesDiffer } from './zones.js'

/** What the map and DNS made of the broker. */
export function adviseMap(probe: Probe, facts: Facts): readonly Advice[] {
  return [ruleAdvice(probe, facts), lookupAdvice(probe), addressAdvice(probe), zoneAdvice(probe, facts)]
    .flat()
    .filter(advice => advice !== undefined)
}

function ruleAdvice(probe: Probe, facts: Facts): Advice | undefined {
  const { explanation, host, port, failedStep } = probe
  const broker = hostPort(host, port)
  const { error, action, rule } = explanation
  if (action === 'refuse' || error?.code === 'ERR_SPLIT_DNS_REFUSED') {
    const why =
      rule === null ? 'no rule matches it and KAFKA_SPLIT_DNS_UNMAPPED is refuse' : `rule '${rule.match}' says so`
    return { kind: 'rule-refuses', severity: 'fail', text: `${broker} is refused: ${why}. ${addRule(host)}` }
  }
  if (error?.code.startsWith('ERR_SPLIT_DNS_') === true && error.code !== 'ERR_SPLIT_DNS_ADDRESS_REFUSED') {
    const text = `A rule matches ${broker} but gives no usable target: ${error.message}. Add the missing key to the table, or a rule without it.`
    return { kind: 'rule-without-target', severity: 'fail', text }
  }
  if (rule !== null || facts.rules === 0) return undefined
  const near = explanation.candidates.find(({ outcome }) => outcome === 'port')
  const almost = near === undefined ? '' : ` Rule '${near.rule.match}' does not hold: ${near.reason}.`
  const reached = failedStep === null ? 'it was reached as it would be without a map' : 'it was tried as without a map'
  const text = `No rule matches ${broker}, so ${reached}.${almost} ${addRule(host)}`
  return { kind: 'no-rule', severity: failedStep === null ? 'warn' : 'fail', text }
}

function addRule(host: string): string {
  const pattern = host.includes('.') && isIP(host) === 0 ? `*${host.slice(host.indexOf('.'))}` : host
  return `If it should lead to the endpoint, add a rule like: match "${pattern}".`
}

function lookupAdvice({ explanation, failedStep }: Probe): Advice | undefined {
  const { error, targets, action } = explanation
  if (failedStep !== 'dns' || error === null || action !== 'map') return undefined
  const names = targets.map(({ host }) => host).join(', ')
  if (error.code === 'ENOTFOUND') {
    return {
      kind: 'target-not-found',
      severity: 'fail',
      text: notFound(
        names,
        targets.map(({ host }) => host),
      ),
    }
  }
  if (error.code === 'ERR_SPLIT_DNS_ADDRESS_REFUSED') {
    const text = `${names} resolves, but to addresses that may not be used: ${error.message}. If they are right, name their network in "allow".`
    return { kind: 'address-refused', severity: 'fail', text }
  }
  const text = `No nameserver gave an answer for ${names} in time: ${error.message}. Check that this host reaches the nameservers (UDP and TCP port 53), or name others in KAFKA_SPLIT_DNS_NAMESERVERS or in the rule.`
  return { kind: 'nameserver-silent', severity: 'fail', text }
}

function notFound(names: string, hosts: readonly string[]): string {
  const text = `The rule's target ${names} does not exist in DNS. Check its spelling against the endpoint's own DNS names, and that the private zone is attached to this network.`
  const hasZoneId = hosts.some(host => /[a-z]{3,5}\d-az\d/.test(host))
  // The names of AWS's zonal endpoints carry the zone's name, while brokers' names carry its ID.
  return hasZoneId
    ? `${text} On AWS a zonal endpoint's name carries the zone's name (us-east-1a), not its ID (use1-az1): put a table between them.`
    : text
}

function addressAdvice({ explanation, address }: Probe): Advice | undefined {
  const { action, allow, addresses } = explanation
  if (action !== 'map' || allow !== null) return undefined
  const open = addresses.map(each => each.address).filter(each => !isPrivate(each))
  if (open.length === 0 || (address !== null && isPrivate(address))) return undefined
  const names = [...new Set(addresses.map(({ target }) => target))].join(', ')
  const text = `${names} resolves to the public address ${open.join(', ')}. A private endpoint's name gives private addresses: is its private DNS switched on, and is this network one that it is attached to? KAFKA_SPLIT_DNS_ALLOW refuses such addresses.`
  return { kind: 'public-address', severity: 'warn', text }
}

function zoneAdvice(probe: Probe, facts: Facts): readonly (Advice | undefined)[] {
  if (probe.role !== 'broker' || probe.explanation.action !== 'map') return []
  return [zoneLess(probe, facts), zoneMismatch(probe, facts)]
}

function zoneLess(probe: Probe, facts: Facts): Advice | undefined {
  const { host, explanation } = probe
  const { rule, candidates } = explanation
  const gaveWay = candidates.find(({ outcome }) => outcome === 'gave way')
  const match = rule?.match ?? ''
  if (gaveWay !== undefined) {
    const text = `${host} fell to rule '${match}', because rule '${gaveWay.rule.match}' gave way: ${gaveWay.reason}. It resolves, but perhaps to an endpoint in another zone: add the key.`
    return { kind: 'zone-less-rule', severity: 'warn', text }
  }
  const zone = zoneOf(host, facts.zones)
  if (zone === undefined || isZoned(probe, facts.zones)) return undefined
  const text = `${host} carries the zone ${zone}, but rule '${match}' does not look at it, so it may lead to an endpoint in another zone. If there is an endpoint for each zone, capture the zone: {zone} in the pattern, and {zone} or a table in the target.`
  return { kind: 'zone-less-rule', severity: 'warn', text }
}

function zoneMismatch(probe: Probe, facts: Facts): Advice | undefined {
  const [own, endpoint] = [brokerZone(probe, facts.zones), endpointZone(probe, facts.zones)]
  if (own === undefined || endpoint === undefined || !zonesDiffer(own, endpoint, facts.zones)) return undefined
  const text = `${probe.host} is in zone ${own}, but its endpoint is in zone ${endpoint}. Where the load balancer does not balance across zones such a broker is not reached, and elsewhere the traffic between zones is paid for. Zone IDs (use1-az1) and names (us-east-1a) pair differently in each AWS account: check the table.`
  return { kind: 'zone-mismatch', severity: 'warn', text }
}
