import { hostPort } from '../../../../lib/address/host-port.js'
import { listWords } from '../advice/name-servers.js'
import { breakName, obtain, spread, worse, type Box, type Line, type State } from './boxes.js'
import { escape } from './escape.js'
import { verdictText } from '../table.js'
import { groupBy, type Group } from '../../group-by.js'
import type { Diagnosis, Judged, Step } from '../types.js'

const columns = [
  { head: 'client', x: 0, width: 110 },
  { head: 'rule', x: 165, width: 230 },
  { head: 'endpoint', x: 450, width: 300 },
  { head: 'broker', x: 805, width: 300 },
] as const
const [top, width] = [36, 1105] as const
/** Above and below a box, and between its edge and its text. */
const [gap, padding, lineHeight] = [16, 10, 15] as const
/** How wide a character of the small text is, about. */
const characterWidth = 7.4

/** The way from the client over rules and endpoints to each broker, as an SVG that takes its colours from the page. */
export function picture({ bootstrap, brokers }: Diagnosis): string {
  const groups = groupProbes([...bootstrap, ...brokers])
  const { boxes, lines } = joinWays(groups)
  const rowHeight = Math.max(0, ...boxes.map(heightOf)) + gap
  for (const column of columns) {
    const own = boxes.filter(box => columnOf(box) === column)
    spread(own, groups.length, rowHeight, top)
  }
  const height = top + groups.length * rowHeight
  return [
    `<svg viewBox="-1 -1 ${width + 2} ${height + 2}" role="img" aria-label="The way from the client to each broker" xmlns="http://www.w3.org/2000/svg">`,
    ...columns.map(({ head, x }) => `<text class="head" x="${x}" y="18">${head}</text>`),
    ...lines.map(drawLine),
    ...boxes.map(drawBox),
    '</svg>',
  ].join('\n')
}

/** More servers are drawn as one box where they share the way and the verdict, so that a large cluster fits a page. */
const mostDrawn = 8

/** Those of a group are drawn as one box; the first shows the way of all. */
function groupProbes(probes: readonly Judged[]): readonly Group<Judged>[] {
  const groups = groupBy(probes, probe => {
    const [, rule, endpoint] = wayOf([probe])
    const isOwn = probes.length <= mostDrawn || probe.role === 'bootstrap'
    return JSON.stringify(isOwn ? probes.indexOf(probe) : [rule, endpoint, verdictText(probe)])
  })
  return [...groups.values()]
}

/** Which of the three parts of the way a step belongs to: to the rule, to the endpoint, to the broker. */
const partOf = (step: Step) => (step === 'map' ? 0 : step === 'dns' || step === 'tcp' ? 1 : 2)

/** The states of the three parts: well up to where it breaks, and not gone from there on. */
function statesOf({ failedStep, verdict }: Judged): readonly State[] {
  const broken = failedStep === null ? (verdict === 'ok' ? columns.length : 2) : partOf(failedStep)
  const state = verdict === 'warn' ? 'warn' : 'fail'
  return [0, 1, 2].map(part => (part < broken ? 'ok' : part === broken ? state : 'idle'))
}

/** The boxes and lines of all ways, each once where several share it. */
function joinWays(groups: readonly Group<Judged>[]): { boxes: readonly Box[]; lines: readonly Line[] } {
  const boxes = new Map<string, Box>()
  const lines = new Map<string, Line>()
  for (const [row, group] of groups.entries()) {
    const [probe] = group
    const states = statesOf(probe)
    let before: { box: Box; key: string } | undefined
    for (const [column, [title, detail]] of wayOf(group).entries()) {
      const way = states[column - 1] ?? 'ok'
      const state = column === columns.length - 1 ? probe.verdict : way
      const key = JSON.stringify([column, title, detail])
      const most = Math.floor(((columns[column]?.width ?? 0) - 2 * padding) / characterWidth)
      const texts = { title: breakName(title, most), detail: breakName(detail, most) }
      const box = obtain(boxes, key, { column, ...texts, state, rows: [], y: 0 })
      box.state = worse(box.state, state)
      box.rows.push(row)
      if (before !== undefined) {
        const line = obtain(lines, `${before.key} ${key}`, { from: before.box, to: box, state: way })
        line.state = worse(line.state, way)
      }
      before = { box, key }
    }
  }
  return { boxes: [...boxes.values()], lines: [...lines.values()] }
}

/** Title and detail of each box. */
function wayOf([probe, ...others]: Group<Judged>): readonly (readonly [string, string])[] {
  const { explanation, host, port, address, addressPort, role, nodeId, rack } = probe
  const { rule, targets } = explanation
  const [target] = targets
  const who = role === 'bootstrap' ? 'bootstrap' : `id ${nodeId ?? '?'}${rack === null ? '' : `, rack ${rack}`}`
  return [
    ['this host', ''],
    [rule?.match ?? 'no rule matches', rule?.place ?? ''],
    [
      target === undefined ? hostPort(host, port) : hostPort(target.host, target.port ?? port),
      address === null ? 'no address' : hostPort(address, addressPort),
    ],
    others.length === 0
      ? [hostPort(host, port), `${who}: ${verdictText(probe)}`]
      : [
          `${others.length + 1} brokers`,
          `ids ${listWords([probe, ...others].map(({ nodeId }) => String(nodeId ?? '?')))}: ${verdictText(probe)}`,
        ],
  ]
}

const columnOf = ({ column }: Box) => columns[column] ?? columns[0]

const heightOf = ({ title, detail }: Box) => (title.length + detail.length) * lineHeight + 2 * padding

function drawLine({ from, to, state }: Line): string {
  const start = columnOf(from).x + columnOf(from).width
  const end = columnOf(to).x
  const [x, y] = [(start + end) / 2, (from.y + to.y) / 2]
  const way = `<path class="way ${state}" d="M${start} ${from.y} C${x} ${from.y} ${x} ${to.y} ${end} ${to.y}"/>`
  if (state !== 'fail') return way
  const cross = `M${x - 6} ${y - 6} L${x + 6} ${y + 6} M${x - 6} ${y + 6} L${x + 6} ${y - 6}`
  return `${way}<path class="break" d="${cross}"/>`
}

function drawBox(box: Box): string {
  const { x, width: boxWidth } = columnOf(box)
  const height = heightOf(box)
  const y = box.y - height / 2
  const lines = [
    ...box.title.map(text => ({ text, name: 'name' })),
    ...box.detail.map(text => ({ text, name: 'detail' })),
  ]
  return [
    `<g class="box ${box.state}">`,
    `<rect x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="6"/>`,
    ...lines.map(
      ({ text, name }, index) =>
        `<text class="${name}" x="${x + padding}" y="${y + padding + (index + 0.8) * lineHeight}">${escape(text)}</text>`,
    ),
    '</g>',
  ].join('')
}
