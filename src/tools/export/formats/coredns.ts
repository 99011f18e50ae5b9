import type { Fault } from '../../../errors.js'
import { dnsView, type Answer } from '../view/dns-view.js'
import { byRecordType, header, ruleComment, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { exactName, expressionText, fillIn, type HostPattern } from '../view/host-pattern.js'
import { unsupportedSettings } from '../setting-variables.js'

/** A server block of CoreDNS: `rewrite` replaces each name by its target, which the rest of the block resolves. */
export const coredns: Format = {
  name: 'coredns',
  summary: 'a server block for a Corefile',
  write: writeCoredns,
}

function writeCoredns(request: ExportRequest): Exported {
  const { answers, omissions: ofRules } = dnsView(request.rules)
  const { servers, lost } = forwardServers(request)
  const omissions = [...unsupportedSettings(request.read), ...lost, ...ofRules]
  const synthetic = new SyntheticNames()
  const rewrites = answers.flatMap(answer => ['', ruleComment(answer.rule), rewriteLine(answer, synthetic)])
  const zones = servers.length === 0 ? [] : forwardZones(answers)
  const lines = [
    'errors',
    'cache 30',
    'loop',
    ...rewrites,
    ...synthetic.templates(),
    '',
    ...zones.map(zone => `forward ${zone}. ${servers.join(' ')}`),
    'forward . /etc/resolv.conf',
  ]
  const about = [
    'In a Corefile that has a block for .:53, put all from the first rewrite to the line before the last forward into that',
    'block: the plugins of the same block, kubernetes among them, answer a rewritten name. The first rewrite that',
    'matches decides; a name that none matches is passed on. A name with a server block of its own zone never gets here.',
  ]
  const block = ['.:53 {', ...lines.map(line => (line === '' ? '' : `    ${line}`)), '}']
  return { text: textOf([...header('coredns', request, omissions, about), ...block]), omissions, warnings: [] }
}

function rewriteLine({ pattern, reply }: Answer, synthetic: SyntheticNames): string {
  const exact = exactName(pattern)
  const from = exact === undefined ? `regex ^${expressionText(pattern)}\\.$` : `exact ${exact}.`
  const auto = exact === undefined ? ' answer auto' : ''
  switch (reply.kind) {
    case 'pass':
      // A rewrite to itself keeps later rewrites away.
      return `rewrite stop name ${exact === undefined ? `regex ^(${expressionText(pattern)})\\.$ {1}.` : `${from} ${exact}.`}`
    case 'name':
      return `rewrite stop name ${from} ${filledIn(pattern, reply.name)}.${auto}`
    case 'addresses':
      return `rewrite stop name ${from} ${synthetic.addresses(reply.addresses)}.${auto}`
    case 'ipv4':
      return `rewrite stop name ${from} ${filledIn(pattern, reply.address)}.${synthetic.ipv4()}.${auto}`
    case 'none':
      return `rewrite stop name ${from} ${synthetic.none()}.${auto}`
  }
}

const filledIn = (pattern: HostPattern, target: HostPattern) => fillIn(pattern, target, number => `{${number}}`)

// RFC 2606: no name below it exists.
const ownZone = 'kafka-split-dns.invalid'
const ttl = 60

/** Made-up names for targets that are no names (addresses, NXDOMAIN), and the templates that answer them. */
class SyntheticNames {
  readonly #addresses = new Map<string, { readonly name: string; readonly addresses: readonly string[] }>()
  #hasIpv4 = false
  #hasNone = false

  addresses(addresses: readonly string[]): string {
    const key = addresses.join()
    const known = this.#addresses.get(key) ?? { name: `addresses-${this.#addresses.size + 1}.${ownZone}`, addresses }
    this.#addresses.set(key, known)
    return known.name
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
      ...byRecordType(addresses).flatMap(({ type, addresses }) => [
        `template IN ${type} ${name} {`,
        ...addresses.map(address => `    answer "{{ .Name }} ${ttl} IN ${type} ${address}"`),
        '}',
      ]),
      ...emptyTemplate(name),
    ])
    if (this.#hasIpv4) lines.push(...ipv4Template, ...emptyTemplate(`ipv4.${ownZone}`))
    if (this.#hasNone) lines.push(...emptyTemplate(`none.${ownZone}`, '    rcode NXDOMAIN'))
    return lines.length === 0
      ? []
      : ['', '# Answers for the names above that have no other name as their target.', ...lines]
  }
}

const ipv4Template = [
  `template IN A ipv4.${ownZone} {`,
  `    match ^([0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+)\\.ipv4\\.`,
  `    answer "{{ .Name }} ${ttl} IN A {{ index .Match 1 }}"`,
  '}',
]

/** A negative answer; its SOA says how long to cache it (RFC 2308). */
const emptyTemplate = (name: string, ...more: readonly string[]): readonly string[] => [
  `template IN ANY ${name} {`,
  ...more,
  `    authority "{{ .Name }} ${ttl} IN SOA ${ownZone}. ${ownZone}. 1 3600 600 86400 ${ttl}"`,
  '}',
]

/** The nameservers that the settings name, as `forward` takes them; none for the system's own. */
function forwardServers({ read: { settings, origins } }: ExportRequest): { servers: readonly string[]; lost: Fault[] } {
  const lost: Fault[] = []
  const servers = (settings.nameservers ?? []).flatMap(upstream => {
    if (upstream.kind === 'udp') return [upstream.label.slice('udp://'.length)]
    const message = `'${upstream.label}' is not asked for targets: forward is written for IP[:port] only`
    if (upstream.kind !== 'system') lost.push({ message, origin: origins.nameservers ?? 'nameservers' })
    return []
  })
  return { servers, lost }
}

/** The zones of the targets, as far as they are known; none is within another. */
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
