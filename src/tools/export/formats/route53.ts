import { isIP } from 'node:net'
import { dnsView } from '../view/dns-view.js'
import type { Exported, ExportRequest, Format } from '../format.js'
import { oneLine } from '../format.js'
import { answersIn, narrowestZone } from '../view/hosted-zone.js'
import {
  matchesEveryName,
  Omissions,
  ownerText,
  plainAnswers,
  type Owner,
  type PlainAnswer,
} from '../view/plain-answers.js'
import { ownUpstreams, unsupportedSettings } from '../setting-variables.js'
import { closeWildcards, type ClosedRecord } from '../view/wildcards.js'

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

function recordSets(record: ClosedRecord, zone: string, omissions: Omissions): readonly RecordSet[] {
  const { reply, rule } = record.answer
  switch (reply.kind) {
    case 'name':
      if (record.name !== zone || record.isWildcard) return [recordSet(record, 'CNAME', [reply.name])]
      omissions.add(rule, `the apex of a zone ('${zone}') can't be a CNAME`)
      return []
    case 'addresses':
      return ([4, 6] as const).flatMap(family => {
        const own = reply.addresses.filter(address => isIP(address) === family)
        return own.length === 0 ? [] : [recordSet(record, family === 4 ? 'A' : 'AAAA', own)]
      })
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
