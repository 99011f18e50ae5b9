import { isIP } from 'node:net'
import { dnsView } from '../view/dns-view.js'
import { byRule, header, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { Omissions, ownerText, plainAnswers, type PlainAnswer } from '../view/plain-answers.js'
import { ownUpstreams, unsupportedSettings } from '../setting-variables.js'
import { closeWildcards, isIn, withoutLoops, type ClosedRecord } from '../view/wildcards.js'

/**
 * A response policy zone: unbound's only mechanism in which a wildcard does not cover its apex, a CNAME is resolved for
 * the client, its target is not matched again, and a name below a wildcard can be passed on. (A `redirect` zone covers
 * its apex as well; local-data of any other type leaves the CNAME's target to the client.)
 */
export const unbound: Format = {
  name: 'unbound',
  summary: 'a response policy zone (RPZ), for unbound and for BIND',
  write: writeUnbound,
}

const ttl = 60
const policyZone = 'kafka-split-dns.rpz'

function writeUnbound(request: ExportRequest): Exported {
  const view = dnsView(request.rules)
  const omissions = new Omissions(request.rules, [...unsupportedSettings(request.read), ...view.omissions])
  const answers = plainAnswers(view.answers, omissions).flatMap(answer => writable(answer, omissions))
  const records = closeWildcards(withoutLoops(answers))
  const parts = records.map(record => ({ rule: record.answer.rule, lines: recordLines(record) }))
  const text = textOf([
    ...header('unbound', request, omissions.faults, [], ';'),
    ...usage(records).map(line => (line === '' ? ';' : `; ${line}`)),
    `$TTL ${ttl}`,
    `@ IN SOA localhost. ${policyZone}. 1 3600 600 86400 ${ttl}`,
    '@ IN NS localhost.',
    ...byRule(parts, ';'),
  ])
  return { text, omissions: omissions.faults, warnings: ownUpstreams(request.read) }
}

// Labels at the right end of a policy's owner that make it a trigger of another kind.
const otherTrigger = /(^|\.)rpz-(ip|nsip|nsdname|client-ip)$/
// RFC 1035: 253 characters, with the `*.` and the policy zone's own name.
const mostCharacters = 253 - `*..${policyZone}`.length

function writable(answer: PlainAnswer, omissions: Omissions): readonly PlainAnswer[] {
  const { name, reply, rule } = answer
  if (name === '' && reply.kind !== 'pass') {
    // Seen with 1.17: a target is not matched again, but the targets of its own CNAMEs are.
    omissions.add(rule, 'a rule for all names: unbound would apply it to the CNAMEs of its target as well')
    return [{ ...answer, reply: { kind: 'pass' } }]
  }
  const isTaken = reply.kind === 'name' && /^rpz-[a-z-]+$/.test(reply.name)
  if (isTaken) omissions.add(rule, `its target '${reply.name}' has a special meaning in a policy zone`)
  else if (otherTrigger.test(name)) omissions.add(rule, 'its name has a special meaning in a policy zone')
  else if (name.length > mostCharacters) omissions.add(rule, 'its name is too long for a policy zone')
  else return [answer]
  return []
}

function recordLines(record: ClosedRecord): readonly string[] {
  const { reply } = record.answer
  const owner = ownerText(record)
  switch (reply.kind) {
    case 'pass':
      return [`${owner} IN CNAME rpz-passthru.`]
    case 'none':
      return [`${owner} IN CNAME .`]
    case 'name':
      return [`${owner} IN CNAME ${reply.name}.`]
    case 'addresses':
      return reply.addresses.map(address => `${owner} IN ${isIP(address) === 4 ? 'A' : 'AAAA'} ${address}`)
  }
}

// unbound answers for these itself, before any policy, unless they are `nodefault`.
const ownZones = ['home.arpa', 'invalid', 'localhost', 'onion', 'test'] as const

function usage(records: readonly ClosedRecord[]): readonly string[] {
  const local = ownZones.filter(zone => records.some(({ name }) => isIn(zone, name)))
  return [
    '',
    'unbound (1.10 or later):',
    '  server:',
    '    module-config: "respip validator iterator"    # respip first, the others as they are',
    ...local.map(zone => `    local-zone: "${zone}." nodefault`),
    '  rpz:',
    `    name: ${policyZone}`,
    '    zonefile: /etc/unbound/kafka-split-dns.rpz',
    'Your own local-zone for one of these names wins over the policy. Where private-address is set, each zone of a target',
    'needs a private-domain, or unbound removes private addresses from the answers. Where a target is itself a CNAME,',
    'unbound applies the policy to its target too: no endpoint may be a CNAME to a name below.',
    '',
    'BIND (without this option it resolves a name itself before it applies the policy):',
    `  options { response-policy { zone "${policyZone}"; } qname-wait-recurse no break-dnssec yes; };`,
    `  zone "${policyZone}" { type primary; file "/etc/bind/kafka-split-dns.rpz"; };`,
    '',
    'A name or wildcard that no rule has is here because another name would block a wildcard.',
    '',
  ]
}
