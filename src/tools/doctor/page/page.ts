import { hostPort } from '../../../../lib/address/host-port.js'
import { escape } from './escape.js'
import { picture } from './picture.js'
import { style } from './page-style.js'
import { addressText, verdictText } from '../table.js'
import type { Advice, Diagnosis, Judged } from '../types.js'

/** The diagnosis as one page that needs nothing from elsewhere and runs no script. */
export function diagnosisPage(diagnosis: Diagnosis): string {
  const { ok, bootstrap, brokers, at } = diagnosis
  const probes = [...bootstrap, ...brokers]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>kafka-split-dns doctor</title>
<style>${style}</style>
</head>
<body>
<h1>Can every broker be reached?</h1>
<p class="verdict ${ok ? 'ok' : 'fail'}">${escape(sentence(diagnosis))}</p>
<p class="facts">${escape(factsOf(diagnosis))}</p>
<figure>${picture(diagnosis)}</figure>
${adviceSection(probes, diagnosis.advice)}
<h2>Servers</h2>
<div class="scroll"><table>
<thead><tr>${heads.map(head => `<th>${head}</th>`).join('')}</tr></thead>
<tbody>
${probes.map(row).join('\n')}
</tbody>
</table></div>
<footer>Made by kafka-split-dns doctor at <time>${escape(at)}</time></footer>
</body>
</html>
`
}

function sentence({ brokers, bootstrap }: Diagnosis): string {
  const bad = brokers.filter(({ verdict }) => verdict === 'fail').length
  if (brokers.length === 0) return `No. None of ${bootstrap.length} bootstrap servers answered.`
  if (bad > 0) return `No. ${bad} of ${brokers.length} brokers cannot be used.`
  const servers = bootstrap.filter(({ verdict }) => verdict === 'fail').length
  return servers > 0
    ? `${servers} of ${bootstrap.length} bootstrap servers cannot be used.`
    : `Yes, all ${brokers.length}.`
}

function factsOf({ clusterId, security, rules, mapOrigins, connectionTimeoutMs }: Diagnosis): string {
  const map = rules === 0 ? 'no map in force' : `${rules} rules in force from ${mapOrigins.join(', ')}`
  const cluster = clusterId === null ? '' : `cluster ${clusterId}, `
  return `${cluster}${security}, ${map}, connectionTimeout ${connectionTimeoutMs} ms`
}

const severities: readonly Advice['severity'][] = ['fail', 'warn', 'note']

function adviceSection(probes: readonly Judged[], general: readonly Advice[]): string {
  // Told once, however many brokers it stands with.
  const texts = new Map([...general, ...probes.flatMap(({ advice }) => advice)].map(each => [each.text, each]))
  if (texts.size === 0) return ''
  const sorted = [...texts.values()].toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
  const items = sorted.map(({ severity, text }) => `<li class="${severity}"><b>${severity}</b> ${escape(text)}</li>`)
  return `<h2>What to do</h2>\n<ul class="advice">\n${items.join('\n')}\n</ul>`
}

const heads = [
  'id',
  'server',
  'verdict',
  'rack',
  'rule',
  'endpoint',
  'address',
  'DNS ms',
  'TCP ms',
  'TLS ms',
  'certificate',
  'until',
] as const

function row(probe: Judged): string {
  const { nodeId, role, host, port, rack, explanation, dnsMs, tcpMs, tlsMs, certificate, verdict } = probe
  const targets = explanation.targets.map(target => hostPort(target.host, target.port))
  const time = (ms: number | null) => (ms === null ? '' : String(Math.round(ms)))
  const cells = [
    role === 'bootstrap' ? 'bootstrap' : String(nodeId ?? ''),
    hostPort(host, port),
    verdictText(probe),
    rack ?? '',
    explanation.rule?.match ?? 'none',
    targets.join(' | '),
    addressText(probe),
    time(dnsMs),
    time(tcpMs),
    time(tlsMs),
    certificate?.names.join(', ') ?? '',
    certificate?.validTo.slice(0, 10) ?? '',
  ]
  return `<tr class="${verdict}">${cells.map(cell => `<td>${escape(cell)}</td>`).join('')}</tr>`
}
