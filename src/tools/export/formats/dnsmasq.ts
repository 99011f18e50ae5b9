import { isIP } from 'node:net'
import { dnsView } from '../view/dns-view.js'
import { byRule, header, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { matchesEveryName, Omissions, ownerText, plainAnswers, type Owner } from '../view/plain-answers.js'
import { resolveNow, type ResolvedAnswer } from '../view/resolve-now.js'
import { unsupportedSettings } from '../setting-variables.js'
import { closeWildcards, type ClosedRecord } from '../view/wildcards.js'

/**
 * Lines for dnsmasq's configuration. dnsmasq answers a CNAME alone where it must ask other servers for its target, so
 * targets are written as their current addresses.
 */
export const dnsmasq: Format = {
  name: 'dnsmasq',
  summary: "a file for dnsmasq's conf-dir, with the current addresses of targets",
  write: writeDnsmasq,
}

const goStale = 'addresses of targets are the current ones: export again when an endpoint moves'

async function writeDnsmasq(request: ExportRequest): Promise<Exported> {
  const options = { isResolvedNow: true }
  const view = dnsView(request.rules, options)
  const omissions = new Omissions(request.rules, [
    ...unsupportedSettings(request.read, ['allow', 'family']),
    ...view.omissions,
  ])
  const plain = plainAnswers(view.answers, omissions)
  const resolved = await resolveNow(plain, request, view.answers, omissions)
  const answers = resolved.map(answer => withBothFamilies(answer, omissions))
  const records = withoutRepeats(closeWildcards(answers))
  const isNamed = plain.some(({ reply }) => reply.kind === 'name')
  const text = textOf([...header('dnsmasq', request, omissions.faults, about(isNamed)), ...byRule(ruleLines(records))])
  return { text, omissions: omissions.faults, warnings: [...(isNamed ? [goStale] : []), ...matchesEveryName(answers)] }
}

const about = (isNamed: boolean) => [
  'For dnsmasq 2.86 or later, where /*.NAME/ means the names below NAME. A name without `*` covers those below it too, so',
  'each of these has a line of its own. `local` answers what the `address` lines of a name leave open; without it dnsmasq',
  'would ask others for the other address family. `#` in place of a server passes the name on as any other.',
  ...(isNamed ? [`The ${goStale}.`] : []),
]

/**
 * Omits a rule for all names unless it has addresses of both families: the empty domain is also that of dnsmasq's own
 * servers, which it would ask for the family without an address.
 */
function withBothFamilies(answer: ResolvedAnswer, omissions: Omissions): ResolvedAnswer {
  const { name, isWildcard, reply } = answer
  if (name !== '' || !isWildcard || reply.kind === 'pass') return answer
  if (reply.kind === 'addresses' && new Set(reply.addresses.map(isIP)).size === 2) return answer
  const lacks = reply.kind === 'none' ? 'are refused' : 'have addresses of one family'
  omissions.add(answer.rule, `a rule for all names: dnsmasq asks its own servers for names that ${lacks}`)
  return { ...answer, reply: { kind: 'pass' } }
}

/** In dnsmasq only names with a line block a wildcard: such a line covers all names below. */
function withoutRepeats(records: readonly ClosedRecord<ResolvedAnswer>[]): readonly ClosedRecord<ResolvedAnswer>[] {
  const own = new Set(records.filter(({ isAdded, isWildcard }) => !isAdded && !isWildcard).map(({ name }) => name))
  return records.filter(({ name, isWildcard, isAdded }) => !isAdded || (isWildcard && own.has(name)))
}

/** Each record's lines; a name without a wildcard of its own covers what is below it too, so this is passed on. */
function ruleLines(records: readonly ClosedRecord<ResolvedAnswer>[]) {
  const wildcards = new Set(records.filter(({ isWildcard }) => isWildcard).map(({ name }) => name))
  return records.map(record => {
    const below = !record.isWildcard && !wildcards.has(record.name) ? passLines({ ...record, isWildcard: true }) : []
    return { rule: record.answer.rule, lines: [...recordLines(record), ...below] }
  })
}

function recordLines(record: ClosedRecord<ResolvedAnswer>): readonly string[] {
  const { reply } = record.answer
  const domain = domainText(record)
  if (reply.kind === 'pass') return passLines(record)
  if (reply.kind === 'none') return [`local=/${domain}/`]
  const addresses = reply.addresses.map(address => `address=/${domain}/${address}`)
  return domain === '#' ? addresses : [...addresses, `local=/${domain}/`]
}

const passLines = (owner: Owner): readonly string[] => [`server=/${domainText(owner)}/#`]

const domainText = (owner: Owner) => (owner.name === '' ? '#' : ownerText(owner))
