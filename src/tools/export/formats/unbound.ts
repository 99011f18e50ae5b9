import { isIP } from 'node:net'
import { describeRule } from '../../../map/match/rule.js'
import { dnsView } from '../view/dns-view.js'
import { header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import { LeftOut, ownerText, plainAnswers, type PlainAnswer } from '../view/plain-answers.js'
import { settingsLost } from '../settings-lost.js'
import { ownUpstreams } from '../warnings.js'
import { closeWildcards, isIn, withoutLoops, type ClosedRecord } from '../view/wildcards.js'

/**
 * A response policy zone: the one mechanism of unbound in which a wildcard leaves its zone's own name alone, a CNAME is
 * resolved at once, its target is not matched again, and a name can be passed on from under a wildcard. (A `redirect`
 * zone takes its own name as well; local-data of any other type leaves the CNAME's target to the client.)
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
  const leftOut = new LeftOut(request.rules, [...settingsLost(request.read), ...view.leftOut])
  const answers = plainAnswers(view.answers, leftOut).flatMap(answer => writable(answer, leftOut))
  const records = closeWildcards(withoutLoops(answers))
  const text = [
    header('unbound', request, leftOut.faults, ';'),
    ...usage(records).map(line => (line === '' ? ';\n' : `; ${line}\n`)),
    `$TTL ${ttl}\n`,
    `@ IN SOA localhost. ${policyZone}. 1 3600 600 86400 ${ttl}\n`,
    '@ IN NS localhost.\n',
    ...byRule(records).map(line => `${line}\n`),
  ].join('')
  return { text, leftOut: leftOut.faults, warnings: ownUpstreams(request) }
}

// What a label at the right end of a policy's owner makes of it: a trigger of another kind.
const otherTrigger = /(^|\.)rpz-(ip|nsip|nsdname|client-ip)$/
// RFC 1035: 253 characters; a `*.` and the policy zone's own name are part of the owner.
const mostCharacters = 253 - `*..${policyZone}`.length

function writable(answer: PlainAnswer, leftOut: LeftOut): readonly PlainAnswer[] {
  const { name, reply, rule } = answer
  if (name === '' && reply.kind !== 'pass') {
    // Seen with 1.17: a target is not matched again, but what its own CNAMEs lead to is.
    leftOut.add(rule, "for all names, unbound would take those that a target's own CNAMEs lead to for its names")
    return [{ ...answer, reply: { kind: 'pass' } }]
  }
  const isTaken = reply.kind === 'name' && /^rpz-[a-z-]+$/.test(reply.name)
  if (isTaken) leftOut.add(rule, `its target '${reply.name}' has a meaning of its own in a policy zone`)
  else if (otherTrigger.test(name)) leftOut.add(rule, 'its name has a meaning of its own in a policy zone')
  else if (name.length > mostCharacters) leftOut.add(rule, 'its name is too long for a policy zone')
  else return [answer]
  return []
}

function byRule(records: readonly ClosedRecord[]): readonly string[] {
  let said = ''
  return records.flatMap(record => {
    const about = `; ${oneLine(describeRule(record.answer.rule))}`
    const lines = recordLines(record)
    if (about === said) return lines
    said = about
    return ['', about, ...lines]
  })
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

// unbound answers for these itself, before it looks at a policy, unless they are `nodefault`.
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
    'A local-zone of your own for one of these names comes before the policy. Where private-address is set, the zones of',
    'the targets need a private-domain each, else their private addresses are taken out of the answers. Where a target is',
    'itself a CNAME, unbound looks up what that leads to in the policy as well: no endpoint should lead to a name below.',
    '',
    'BIND (which else asks for a name itself before it looks at the policy):',
    `  options { response-policy { zone "${policyZone}"; } qname-wait-recurse no break-dnssec yes; };`,
    `  zone "${policyZone}" { type primary; file "/etc/bind/kafka-split-dns.rpz"; };`,
    '',
    'A name or wildcard that no rule has stands here because another name would keep a wildcard from it.',
    '',
  ]
}
