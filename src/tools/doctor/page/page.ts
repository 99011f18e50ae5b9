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
  /** Long names, which may go on in the next line. */
  readonly isName?: boolean
  readonly isNumber?: boolean
}

const time = (ms: number | null) => (ms === null ? '' : String(Math.round(ms)))

const targetsOf = ({ explanation }: Judged) =>
  explanation.targets.map(target => hostPort(target.host, target.port)).join(' | ')

const columns: readonly Column[] = [
  {
    title: 'id',
    cell: ({ role, nodeId }) => (role === 'bootstrap' ? 'bootstrap' : String(nodeId ?? '')),
    isNumber: true,
  },
  { title: 'server', cell: ({ host, port }) => hostPort(host, port), isName: true },
  { title: 'verdict', cell: verdictText },
  { title: 'rack', cell: ({ rack }) => rack ?? '' },
  { title: 'rule', cell: ({ explanation }) => explanation.rule?.match ?? 'none', isName: true },
  { title: 'endpoint', cell: targetsOf, detail: addressText, isName: true },
  { title: 'DNS ms', cell: ({ dnsMs }) => time(dnsMs), isNumber: true },
  { title: 'TCP ms', cell: ({ tcpMs }) => time(tcpMs), isNumber: true },
  { title: 'TLS ms', cell: ({ tlsMs }) => time(tlsMs), isNumber: true },
  {
    title: 'certificate',
    cell: ({ certificate }) => certificate?.names.join(', ') ?? '',
    detail: ({ certificate }) => (certificate === null ? '' : `until ${certificate.validTo.slice(0, 10)}`),
    isName: true,
  },
]

const classOf = ({ title, isName, isNumber }: Column) =>
  isNumber === true
    ? ' class="number"'
    : isName === true
      ? ' class="name"'
      : title === 'verdict'
        ? ' class="verdict-cell"'
        : ''

/** The servers, without the columns that nobody fills. A narrow page shows each row as a list, with the titles in it. */
function serverTable(probes: readonly Judged[]): string {
  const shown = columns.filter(({ cell, detail }) => probes.some(probe => cell(probe) !== '' || detail?.(probe)))
  const rows = probes.map(probe => {
    const cells = shown.map(column => {
      const text = column.cell(probe)
      const detail = column.detail?.(probe) ?? ''
      if (text === '' && detail === '') return '<td></td>'
      const below = detail === '' ? '' : `<div class="detail">${escape(detail)}</div>`
      const shownText = column.isName === true ? breakable(text) : escape(text)
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
