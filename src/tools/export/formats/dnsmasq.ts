import { isIP } from 'node:net'
import { describeRule } from '../../../map/match/rule.js'
import { dnsView } from '../view/dns-view.js'
import { header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import { LeftOut, ownerText, plainAnswers, type Owner } from '../view/plain-answers.js'
import { resolveNow, type ResolvedAnswer } from '../view/resolve-now.js'
import { settingsLost } from '../settings-lost.js'
import { everyName } from '../warnings.js'
import { closeWildcards, type ClosedRecord } from '../view/wildcards.js'

/**
 * Lines for dnsmasq's configuration. It follows no CNAME to a name that it must ask others for (it answers the CNAME
 * alone), so targets are written as the addresses that they have now.
 */
export const dnsmasq: Format = {
  name: 'dnsmasq',
  summary: "a file for dnsmasq's conf-dir, with the addresses that targets have now",
  write: writeDnsmasq,
}

const goStale = 'addresses of targets are those of now: write it again when an endpoint moves'

async function writeDnsmasq(request: ExportRequest): Promise<Exported> {
  const options = { isResolvedNow: true }
  const view = dnsView(request.rules, options)
  const leftOut = new LeftOut(request.rules, [...settingsLost(request.read, ['allow', 'family']), ...view.leftOut])
  const plain = plainAnswers(view.answers, leftOut)
  const resolved = await resolveNow(plain, request, view.answers, leftOut)
  const answers = resolved.map(answer => withBothFamilies(answer, leftOut))
  const records = withoutRepeats(closeWildcards(answers))
  const isNamed = plain.some(({ reply }) => reply.kind === 'name')
  const text = [
    header('dnsmasq', request, leftOut.faults),
    ...about(isNamed).map(line => `# ${line}\n`),
    ...byRule(records).map(line => `${line}\n`),
  ].join('')
  return { text, leftOut: leftOut.faults, warnings: [...(isNamed ? [goStale] : []), ...everyName(answers)] }
}

const about = (isNamed: boolean) => [
  'For dnsmasq 2.86 or later, which knows /*.NAME/ as the names below NAME. A name without `*` takes those below it too,',
  "so that these have a line of their own each. `local` ends what a name's `address` lines leave open, else dnsmasq asks",
  'others for the family that they lack. `#` in place of a server: passed on as any other name.',
  ...(isNamed ? [`The ${goStale}.`] : []),
]

/**
 * A rule for all names is left out unless it has addresses of both families: its domain is then the empty one, which
 * dnsmasq's own servers are for as well, and what it has no address for they are asked all the same.
 */
function withBothFamilies(answer: ResolvedAnswer, leftOut: LeftOut): ResolvedAnswer {
  const { name, isWildcard, reply } = answer
  if (name !== '' || !isWildcard || reply.kind === 'pass') return answer
  if (reply.kind === 'addresses' && new Set(reply.addresses.map(isIP)).size === 2) return answer
  const lacks = reply.kind === 'none' ? 'are refused' : 'lack a family of addresses'
  leftOut.add(answer.rule, `dnsmasq asks its own servers for names that ${lacks}, where these are all names`)
  return { ...answer, reply: { kind: 'pass' } }
}

/** Nothing is in a wildcard's way here but the names that have a line: these take all names below them. */
function withoutRepeats(records: readonly ClosedRecord<ResolvedAnswer>[]): readonly ClosedRecord<ResolvedAnswer>[] {
  const own = new Set(records.filter(({ isAdded, isWildcard }) => !isAdded && !isWildcard).map(({ name }) => name))
  return records.filter(({ name, isWildcard, isAdded }) => !isAdded || (isWildcard && own.has(name)))
}

function byRule(records: readonly ClosedRecord<ResolvedAnswer>[]): readonly string[] {
  const wildcards = new Set(records.filter(({ isWildcard }) => isWildcard).map(({ name }) => name))
  let said = ''
  return records.flatMap(record => {
    const about = `# ${oneLine(describeRule(record.answer.rule))}`
    const below = !record.isWildcard && !wildcards.has(record.name) ? passLines({ ...record, isWildcard: true }) : []
    const lines = [...recordLines(record), ...below]
    if (about === said) return lines
    said = about
    return ['', about, ...lines]
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
