import { dnsView } from '../view/dns-view.js'
import { byRecordType, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import {
  matchesEveryName,
  Omissions,
  ownerText,
  plainAnswers,
  type Owner,
  type PlainAnswer,
} from '../view/plain-answers.js'
import { ownUpstreams, unsupportedSettings } from '../setting-variables.js'
import { closeWildcards, isIn, type ClosedRecord } from '../view/wildcards.js'

/** A change batch for a private hosted zone, which answers only by its records. */
export const route53: Format = {
  name: 'route53',
  summary: 'a change batch for a private hosted zone of Route 53',
  takes: ['hostedZone'],
  write: writeRoute53,
}

interface RecordSet {
  readonly Name: string
  readonly Type: 'A' | 'AAAA' | 'CNAME' | 'TXT'
  readonly TTL: number
  readonly ResourceRecords: readonly { readonly Value: string }[]
}

const ttl = 60
// The field's limit in characters.
const mostComment = 256
// A request holds 1,000 values with 32,000 characters in all, and an UPSERT's count twice.
const mostValues = 500
const mostCharacters = 16_000

function writeRoute53(request: ExportRequest): Exported {
  const view = dnsView(request.rules)
  const omissions = new Omissions(request.rules, [...unsupportedSettings(request.read), ...view.omissions])
  const plain = plainAnswers(view.answers, omissions, 'have no address in the zone')
  const zone = request.flags.hostedZone ?? narrowestZone(plain)
  const closed = closeWildcards(answersIn(zone, plain, omissions), { zone, isDefault: isNothing })
  const records = closed.flatMap(record => recordSets(record, zone, omissions))
  check(records, zone)
  const batch = {
    Comment: comment(request, zone),
    Changes: records.map(record => ({ Action: 'UPSERT', ResourceRecordSet: record })),
  }
  const warnings = [...aboutZone(zone), ...matchesEveryName(plain), ...ownUpstreams(request.read)]
  return { text: `${JSON.stringify(batch, null, 2)}\n`, omissions: omissions.faults, warnings }
}

const aboutZone = (zone: string) => [
  `the private hosted zone '${zone}' hides every other name in '${zone}' from its VPCs: only these records are left`,
  'records that an earlier map wrote stay in the zone until they are deleted',
]

const isNothing = (answer: PlainAnswer | undefined) =>
  answer === undefined || answer.reply.kind === 'none' || answer.reply.kind === 'pass'

/**
 * The narrowest zone that holds all names of the answers, with no CNAME at its apex. Throws where there is none of two
 * labels or more.
 */
function narrowestZone(answers: readonly PlainAnswer[]): string {
  const places = answers.filter(({ reply }) => reply.kind !== 'pass').map(zoneFor)
  if (places.length === 0) throw new Error('the map has no names to write')
  const [first = [], ...others] = places
  const shared = others.reduce((zone, place) => zone.slice(0, commonLength(zone, place)), first)
  if (shared.length >= 2) return shared.toReversed().join('.')
  throw new Error("the map's names share no zone: choose one with --hosted-zone and --partial")
}

/** The labels, from the right. */
function zoneFor({ name, isWildcard, reply }: PlainAnswer): readonly string[] {
  const labels = name === '' ? [] : name.split('.').reverse()
  return isWildcard || reply.kind === 'addresses' ? labels : labels.slice(0, -1)
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((label, index) => label !== other[index])
  return end < 0 ? one.length : end
}

/** The answers that a private hosted zone can give; the others become omissions. */
function answersIn(zone: string, answers: readonly PlainAnswer[], omissions: Omissions): readonly PlainAnswer[] {
  return answers.flatMap(answer => {
    const { name, isWildcard, reply, rule } = answer
    const isWide = isWildcard && !isIn(zone, name) && isIn(name, zone)
    const isPart = isWide || isIn(zone, name)
    if (reply.kind === 'pass') {
      if (isPart) omissions.add(rule, `the zone '${zone}' passes no name on: these have no address`)
      return isPart ? [answer] : []
    }
    if (!isPart) omissions.add(rule, `its names are outside of the zone '${zone}'`)
    else if (isWide) omissions.add(rule, `only its names in the zone '${zone}' are written`)
    if (reply.kind === 'name' && isPart && isIn(zone, reply.name)) {
      omissions.add(rule, `its target '${reply.name}' is in the zone '${zone}' itself, which hides it`)
      return [{ ...answer, reply: { kind: 'none', why: 'the zone hides its target' } }]
    }
    return isPart ? [answer] : []
  })
}

function recordSets(record: ClosedRecord, zone: string, omissions: Omissions): readonly RecordSet[] {
  const { reply, rule } = record.answer
  switch (reply.kind) {
    case 'name':
      if (record.name !== zone || record.isWildcard) return [recordSet(record, 'CNAME', [reply.name])]
      omissions.add(rule, `the apex of a zone ('${zone}') can't be a CNAME`)
      return []
    case 'addresses':
      return byRecordType(reply.addresses).map(({ type, addresses }) => recordSet(record, type, addresses))
    case 'none':
    case 'pass':
      // A record of another type keeps a wildcard away from the name.
      return [recordSet(record, 'TXT', ['"kafka-split-dns: no address"'])]
  }
}

const recordSet = (owner: Owner, type: RecordSet['Type'], values: readonly string[]): RecordSet => ({
  Name: `${ownerText(owner)}.`,
  Type: type,
  TTL: ttl,
  ResourceRecords: values.map(value => ({ Value: type === 'CNAME' ? `${value}.` : value })),
})

function comment({ sources }: ExportRequest, zone: string): string {
  const from = oneLine(sources.join(', '))
  const text = (from: string) =>
    `Written by kafka-split-dns export --to route53 from ${from} for ${zone}: change the map, not these records`
  const over = text(from).length - mostComment
  return over <= 0 ? text(from) : text(`${from.slice(0, Math.max(0, from.length - over - 3))}...`).slice(0, mostComment)
}

/** Throws where the records don't fit into one request. */
function check(records: readonly RecordSet[], zone: string): void {
  const values = records.flatMap(({ ResourceRecords }) => ResourceRecords.map(({ Value }) => Value))
  const characters = values.reduce((sum, value) => sum + value.length, 0)
  if (values.length === 0) throw new Error(`the map has no names in the zone '${zone}'`)
  if (values.length <= mostValues && characters <= mostCharacters) return
  const found = `${values.length} values with ${characters} characters in the zone '${zone}'`
  const most = `a request holds ${mostValues} with ${mostCharacters}`
  throw new Error(`${found}, and ${most}: export narrower zones one by one with --hosted-zone and --partial`)
}
