import { isIP } from 'node:net'
import type { Upstream } from '../../../../lib/transport/upstream.js'
import type { Settings } from '../../../config/option-table.js'
import type { Fault } from '../../../errors.js'
import { describeRule } from '../../../map/match/rule.js'
import { dnsView, type Answer } from '../view/dns-view.js'
import { header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import { exactName, expressionText, fillIn, type HostPattern } from '../view/host-pattern.js'
import { settingsLost } from '../settings-lost.js'

/** A server block of CoreDNS: `rewrite` leads each name to its target, which the rest of the block answers for. */
export const coredns: Format = {
  name: 'coredns',
  summary: 'a server block for a Corefile',
  write: writeCoredns,
}

function writeCoredns(request: ExportRequest): Exported {
  const { answers, leftOut: ofRules } = dnsView(request.rules)
  const { servers, lost } = forwardServers(request)
  const leftOut = [...settingsLost(request.read), ...lost, ...ofRules]
  const places = new Places()
  const rewrites = answers.flatMap(answer => [
    '',
    `# ${oneLine(describeRule(answer.rule))}`,
    rewriteLine(answer, places),
  ])
  const zones = servers.length === 0 ? [] : forwardZones(answers)
  const lines = [
    'errors',
    'cache 30',
    'loop',
    ...rewrites,
    ...places.templates(),
    '',
    ...zones.map(zone => `forward ${zone}. ${servers.join(' ')}`),
    'forward . /etc/resolv.conf',
  ]
  const about = [
    'In a Corefile that has a block for .:53, put all from the first rewrite to the line before the last forward into that',
    'block: a rewritten name is answered by the plugins of its own block, kubernetes among them. The first rewrite that',
    'matches decides; whatever none matches is passed on. A name that has a block of its own zone does not come here.',
  ]
  const text = [
    header('coredns', request, leftOut),
    ...about.map(line => `# ${line}\n`),
    '.:53 {\n',
    ...lines.map(line => (line === '' ? '\n' : `    ${line}\n`)),
    '}\n',
  ].join('')
  return { text, leftOut, warnings: [] }
}

function rewriteLine({ pattern, reply }: Answer, places: Places): string {
  const exact = exactName(pattern)
  const from = exact === undefined ? `regex ^${expressionText(pattern)}\\.$` : `exact ${exact}.`
  const auto = exact === undefined ? ' answer auto' : ''
  switch (reply.kind) {
    case 'pass':
      // To itself: no later rewrite sees it then.
      return `rewrite stop name ${exact === undefined ? `regex ^(${expressionText(pattern)})\\.$ {1}.` : `${from} ${exact}.`}`
    case 'name':
      return `rewrite stop name ${from} ${filledIn(pattern, reply.name)}.${auto}`
    case 'addresses':
      return `rewrite stop name ${from} ${places.addresses(reply.addresses)}.${auto}`
    case 'ipv4':
      return `rewrite stop name ${from} ${filledIn(pattern, reply.address)}.${places.ipv4()}.${auto}`
    case 'none':
      return `rewrite stop name ${from} ${places.none()}.${auto}`
  }
}

const filledIn = (pattern: HostPattern, target: HostPattern) => fillIn(pattern, target, number => `{${number}}`)

// RFC 2606: nobody's name, so that nothing else can be meant.
const ownZone = 'kafka-split-dns.invalid'
const ttl = 60

/** Names of our own that names are rewritten to where no other name is their target, and the templates for them. */
class Places {
  readonly #addresses = new Map<string, { readonly name: string; readonly addresses: readonly string[] }>()
  #hasIpv4 = false
  #hasNone = false

  addresses(addresses: readonly string[]): string {
    const key = addresses.join()
    const place = this.#addresses.get(key) ?? { name: `addresses-${this.#addresses.size + 1}.${ownZone}`, addresses }
    this.#addresses.set(key, place)
    return place.name
  }

  ipv4(): string {
    this.#hasIpv4 = true
    return `ipv4.${ownZone}`
  }

  none(): string {
    this.#hasNone = true
    return `none.${ownZone}`
  }

  templates(): readonly string[] {
    const lines = [...this.#addresses.values()].flatMap(({ name, addresses }) => [
      ...recordTemplate(
        'A',
        name,
        addresses.filter(address => isIP(address) === 4),
      ),
      ...recordTemplate(
        'AAAA',
        name,
        addresses.filter(address => isIP(address) === 6),
      ),
      ...emptyTemplate(name),
    ])
    if (this.#hasIpv4) lines.push(...ipv4Template, ...emptyTemplate(`ipv4.${ownZone}`))
    if (this.#hasNone) lines.push(...emptyTemplate(`none.${ownZone}`, '    rcode NXDOMAIN'))
    return lines.length === 0
      ? []
      : ['', '# What the names above that have no other name for a target are answered.', ...lines]
  }
}

function recordTemplate(type: 'A' | 'AAAA', name: string, addresses: readonly string[]): readonly string[] {
  if (addresses.length === 0) return []
  const answers = addresses.map(address => `    answer "{{ .Name }} ${ttl} IN ${type} ${address}"`)
  return [`template IN ${type} ${name} {`, ...answers, '}']
}

const ipv4Template = [
  `template IN A ipv4.${ownZone} {`,
  `    match ^([0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+)\\.ipv4\\.`,
  `    answer "{{ .Name }} ${ttl} IN A {{ index .Match 1 }}"`,
  '}',
]

/** No records; the SOA tells how long that holds (RFC 2308). */
const emptyTemplate = (name: string, ...more: readonly string[]): readonly string[] => [
  `template IN ANY ${name} {`,
  ...more,
  `    authority "{{ .Name }} ${ttl} IN SOA ${ownZone}. ${ownZone}. 1 3600 600 86400 ${ttl}"`,
  '}',
]

/** The nameservers that the settings name, as `forward` takes them; none where they are the system's own. */
function forwardServers({ read: { settings, origins } }: ExportRequest): { servers: readonly string[]; lost: Fault[] } {
  const { nameservers } = settings
  const lost: Fault[] = []
  const servers = listed(nameservers).flatMap(upstream => {
    if (upstream.kind === 'udp') return [upstream.label.slice('udp://'.length)]
    const message = `'${upstream.label}' is not asked for targets: forward is written for IP[:port] alone`
    if (upstream.kind !== 'system') lost.push({ message, origin: origins.nameservers ?? 'nameservers' })
    return []
  })
  return { servers, lost }
}

const listed = (nameservers: Settings['nameservers']): readonly Upstream[] => nameservers ?? []

/** The names that targets end in, as far as they are known: none lies within another. */
function forwardZones(answers: readonly Answer[]): readonly string[] {
  const zones = new Set<string>()
  for (const { reply } of answers) {
    if (reply.kind !== 'name') continue
    const [last] = reply.name.slice(-1)
    if (last?.kind !== 'literal') continue
    const zone = reply.name.length === 1 ? last.text : last.text.slice(last.text.indexOf('.') + 1)
    if (reply.name.length === 1 || last.text.includes('.')) zones.add(zone)
  }
  return [...zones].filter(zone => ![...zones].some(other => zone.endsWith(`.${other}`))).sort()
}
