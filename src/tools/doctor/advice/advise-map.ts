import { addressBytes, holds, parseCidr } from '../../../../lib/address/address.js'
import type { Facts } from './facts.js'
import { fail, warn, type Finding } from './finding.js'
import { pasteRule } from './paste-rule.js'
import { reasonIn } from '../../explain/message-parts.js'
import type { Probe } from '../types.js'
import { brokerZone, endpointZone, isZoned, zoneOf, zonesDiffer } from './zones.js'

/** What the map and DNS made of the broker. */
export function adviseMap(probe: Probe, facts: Facts): readonly (Finding | undefined)[] {
  return [ruleAdvice(probe, facts), lookupAdvice(probe), addressAdvice(probe, facts), ...zoneAdvice(probe, facts)]
}

function ruleAdvice(probe: Probe, facts: Facts): Finding | undefined {
  const { explanation, host } = probe
  const { error, action, rule } = explanation
  if (action === 'refuse' || error?.code === 'ERR_SPLIT_DNS_REFUSED') {
    const why =
      rule === null ? 'no rule matches, and KAFKA_SPLIT_DNS_UNMAPPED is refuse' : `rule '${rule.match}' says so`
    return fail('rule-refuses', `refused: ${why}.`, addRule, pasteRule(host, facts))
  }
  if (error?.code.startsWith('ERR_SPLIT_DNS_') === true && error.code !== 'ERR_SPLIT_DNS_ADDRESS_REFUSED') {
    return fail(
      'rule-without-target',
      `a rule matches, but gives no usable target: ${error.message}.`,
      'Add the missing key to the table, or a rule without it.',
    )
  }
  return rule === null && facts.rules > 0 ? unmapped(probe, facts) : undefined
}

function unmapped({ explanation, host, failedStep }: Probe, facts: Facts): Finding {
  const { nearMatch } = explanation
  const almost = nearMatch === null ? '' : ` The rule that nearly does is ${nearMatch}.`
  const result =
    failedStep === null
      ? 'so it was reached as it would be without a map'
      : failedStep === 'dns'
        ? 'and DNS as it is here does not know the name'
        : 'so it was tried as without a map'
  const finding = failedStep === null ? warn : fail
  return finding('no-rule', `no rule matches, ${result}.${almost}`, addRule, pasteRule(host, facts))
}

const addRule = 'If it should be routed to the endpoint, add a rule like this one:'

function lookupAdvice({ explanation, failedStep }: Probe): Finding | undefined {
  const { error, targets, action } = explanation
  if (failedStep !== 'dns' || error === null || action !== 'map') return undefined
  if (error.code === 'ENOTFOUND') {
    const hosts = targets.map(({ host }) => host)
    return fail(
      'target-not-found',
      "the rule's target does not exist in DNS.",
      `Check its spelling against the endpoint's own DNS names, and that the private zone is attached to this network.${zoneHint(hosts)}`,
    )
  }
  if (error.code === 'ERR_SPLIT_DNS_ADDRESS_REFUSED') return addressRefused(error.message)
  return fail(
    'nameserver-silent',
    `no nameserver gave an answer for the target in time: ${withoutPrefix(error.message)}.`,
    'Check that this host reaches the nameservers (UDP and TCP port 53), or name others in KAFKA_SPLIT_DNS_NAMESERVERS or in the rule.',
  )
}

function addressRefused(message: string): Finding {
  const [reason = '', ...advice] = withoutPrefix(message).split('; to allow it, ')
  const paste = /KAFKA_SPLIT_DNS_ALLOW=[^\s;,]+/.exec(advice.join(' '))?.[0]
  return fail(
    'address-refused',
    `the target resolves, but to an address that may not be used: ${reason}.`,
    paste === undefined
      ? 'If the address is right, allow its network in KAFKA_SPLIT_DNS_ALLOW, or in "allow" of the rule.'
      : 'If the address is right, allow it, together with the blocks of all other endpoints, here or in "allow" of the rule:',
    paste === undefined ? [] : [paste],
  )
}

/** The reason without the target, with which the advice begins. */
const withoutPrefix = (message: string) =>
  reasonIn(message)
    .replace(/^\S+:\d+: /, '')
    .replace(/\.$/, '')

/** The names of AWS's zonal endpoints carry the zone's name, while brokers' names carry its ID. */
const zoneHint = (hosts: readonly string[]) =>
  hosts.some(host => /[a-z]{3,5}\d-az\d/.test(host))
    ? " On AWS a zonal endpoint's name carries the zone's name (us-east-1a), not its ID (use1-az1): put a table between them."
    : ''

function addressAdvice({ explanation, address }: Probe, { hasSettings }: Facts): Finding | undefined {
  const { action, allow, addresses } = explanation
  if (action !== 'map' || allow !== null || !hasSettings) return undefined
  const open = addresses.map(each => each.address).filter(each => !isPrivate(each))
  if (open.length === 0 || (address !== null && isPrivate(address))) return undefined
  return warn(
    'public-address',
    `the target resolves to the public address ${open.join(', ')}, while a private endpoint's name gives private ones.`,
    "Is the endpoint's private DNS switched on, and is this network one that it is attached to? KAFKA_SPLIT_DNS_ALLOW refuses such addresses.",
  )
}

/** RFC 1918, RFC 6598, RFC 4193, link-local, loopback, and the benchmark range that some networks use inside. */
const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  '198.18.0.0/15',
  'fc00::/7',
  'fe80::/10',
  '::1',
].map(parseCidr)

/** True for an address that only a network of one's own routes. */
function isPrivate(address: string): boolean {
  const bytes = addressBytes(address)
  return bytes !== undefined && privateRanges.some(range => holds(range, bytes))
}

function zoneAdvice(probe: Probe, facts: Facts): readonly (Finding | undefined)[] {
  if (probe.role !== 'broker' || probe.explanation.action !== 'map') return []
  return [zoneLess(probe, facts), zoneMismatch(probe, facts)]
}

function zoneLess(probe: Probe, facts: Facts): Finding | undefined {
  const { host, explanation } = probe
  const { rule, candidates } = explanation
  const gaveWay = candidates.find(({ outcome }) => outcome === 'gave way')
  const match = rule?.match ?? ''
  if (gaveWay !== undefined) {
    return warn(
      'zone-less-rule',
      `it fell to rule '${match}', because rule '${gaveWay.rule.match}' gave way: ${gaveWay.reason}. It resolves, but perhaps to an endpoint in another zone.`,
      'Add the key to the table.',
    )
  }
  const zone = zoneOf(host, facts.zones)
  if (zone === undefined || isZoned(probe, facts.zones)) return undefined
  return warn(
    'zone-less-rule',
    `the name carries the zone ${zone}, but rule '${match}' does not look at it, so it may lead to an endpoint in another zone.`,
    'If there is an endpoint for each zone, capture the zone: {zone} in the pattern, and {zone} or a table in the target.',
  )
}

function zoneMismatch(probe: Probe, facts: Facts): Finding | undefined {
  const [own, endpoint] = [brokerZone(probe, facts.zones), endpointZone(probe, facts.zones)]
  if (own === undefined || endpoint === undefined || !zonesDiffer(own, endpoint, facts.zones)) return undefined
  return warn(
    'zone-mismatch',
    `the broker is in zone ${own}, but its endpoint is in zone ${endpoint}. Where the load balancer does not balance across zones such a broker is not reached, and elsewhere the traffic between zones is paid for.`,
    'Check the table: zone IDs (use1-az1) and names (us-east-1a) pair differently in each AWS account.',
  )
}
