import { hostPort } from '../../../../lib/address/host-port.js'
import { escape } from './escape.js'
import { picture } from './picture.js'
import { style } from './page-style.js'
import { targetsText } from '../../explain/explanation.js'
import { groupAdvice } from '../advice/group-advice.js'
import { describeInForce, describeMachine, headline } from '../summary.js'
import { addressText, expiryText, msText, namesText, verdictText } from '../table.js'
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
<div class="scroll">${serverTable(probes)}</div>
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

interface Column {
  readonly title: string
  readonly cell: (probe: Judged) => string
  /** In a line of its own below. */
  readonly detail?: (probe: Judged) => string
  /** Its class in the page's style. A long name may go on in the next line. */
  readonly kind?: 'name' | 'number' | 'verdict-cell'
}

const columns: readonly Column[] = [
  {
    title: 'id',
    cell: ({ role, nodeId }) => (role === 'bootstrap' ? 'bootstrap' : String(nodeId ?? '')),
    kind: 'number',
  },
  { title: 'server', cell: ({ host, port }) => hostPort(host, port), kind: 'name' },
  { title: 'verdict', cell: verdictText, kind: 'verdict-cell' },
  { title: 'rack', cell: ({ rack }) => rack ?? '' },
  { title: 'rule', cell: ({ explanation }) => explanation.rule?.match ?? 'none', kind: 'name' },
  { title: 'endpoint', cell: ({ explanation }) => targetsText(explanation), detail: addressText, kind: 'name' },
  { title: 'DNS ms', cell: ({ dnsMs }) => msText(dnsMs), kind: 'number' },
  { title: 'TCP ms', cell: ({ tcpMs }) => msText(tcpMs), kind: 'number' },
  { title: 'TLS ms', cell: ({ tlsMs }) => msText(tlsMs), kind: 'number' },
  {
    title: 'certificate',
    cell: namesText,
    detail: probe => (probe.certificate === null ? '' : `until ${expiryText(probe)}`),
    kind: 'name',
  },
]

const classOf = ({ kind }: Column) => (kind === undefined ? '' : ` class="${kind}"`)

/** The servers, without the columns that nobody fills. A narrow page shows each row as a list, with the titles in it. */
function serverTable(probes: readonly Judged[]): string {
  const shown = columns.filter(({ cell, detail }) => probes.some(probe => cell(probe) !== '' || detail?.(probe)))
  const rows = probes.map(probe => {
    const cells = shown.map(column => {
      const text = column.cell(probe)
      const detail = column.detail?.(probe) ?? ''
      if (text === '' && detail === '') return '<td></td>'
      const below = detail === '' ? '' : `<div class="detail">${escape(detail)}</div>`
      const shownText = column.kind === 'name' ? breakable(text) : escape(text)
      return `<td${classOf(column)} data-title="${column.title}">${shownText}${below}</td>`
    })
    return `<tr class="${probe.verdict}">${cells.join('')}</tr>`
  })
  return `<table>
<thead><tr>${shown.map(column => `<th${classOf(column)}>${column.title}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`
}

const breakable = (text: string) => escape(text).replace(/[.-]/g, '$&<wbr>')
