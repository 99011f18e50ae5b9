import { hostPort } from '../../../../lib/address/host-port.js'
import { escape } from './escape.js'
import { picture } from './picture.js'
import { style } from './page-style.js'
import { groupAdvice } from '../advice/group-advice.js'
import { describeInForce, describeMachine, headline } from '../summary.js'
import { addressText, verdictText } from '../table.js'
import { visibleTexts } from '../../visible-texts.js'
import type { Advice, Diagnosis, Judged } from '../types.js'

/** The diagnosis as one page that needs nothing from elsewhere and runs no script. */
export function diagnosisPage(raw: Diagnosis): string {
  const diagnosis = visibleTexts(raw)
  const { ok, bootstrap, brokers } = diagnosis
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
<p class="verdict ${ok ? 'ok' : 'fail'}">${escape(headline(diagnosis))}</p>
<p class="facts">${escape(factsOf(diagnosis))}<br>${escape(describeMachine(diagnosis))}</p>
<figure>${picture(diagnosis)}</figure>
${adviceSection(probes, diagnosis.advice)}
<h2>Servers</h2>
<div class="scroll"><table>
<thead><tr>${heads.map(head => `<th>${head}</th>`).join('')}</tr></thead>
<tbody>
${probes.map(row).join('\n')}
</tbody>
</table></div>
</body>
</html>
`
}

function adviceSection(probes: readonly Judged[], general: readonly Advice[]): string {
  const shared = groupAdvice(probes, general)
  if (shared.length === 0) return ''
  const items = shared.map(({ severity, sentence, remedy, paste }) =>
    [
      `<li class="${severity}"><b>${severity}</b> ${escape(sentence)}`,
      ...(remedy === '' ? [] : [`<p>${escape(remedy)}</p>`]),
      ...(paste.length === 0 ? [] : [`<pre>${escape(paste.join('\n'))}</pre>`]),
      '</li>',
    ].join('\n'),
  )
  return `<h2>What to do</h2>\n<ul class="advice">\n${items.join('\n')}\n</ul>`
}

const factsOf = (diagnosis: Diagnosis) =>
  `${diagnosis.clusterId === null ? '' : `Cluster ${diagnosis.clusterId}, `}${describeInForce(diagnosis)}`

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
