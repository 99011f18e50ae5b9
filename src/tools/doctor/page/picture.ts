import { hostPort } from '../../../../lib/address/host-port.js'
import { listWords } from '../advice/name-servers.js'
import { obtain, spread, worse, type Box, type Line, type State } from './boxes.js'
import { breakName } from './break-name.js'
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
  const drawing = new Drawing()
  groups.forEach((group, row) => {
    drawing.add(group, row)
  })
  const rowHeight = Math.max(0, ...drawing.boxes.map(heightOf)) + gap
  columns.forEach((_, column) => {
    const boxes = drawing.boxes.filter(box => box.column === column)
    spread(boxes, groups.length, rowHeight, top)
  })
  const height = top + groups.length * rowHeight
  return [
    `<svg viewBox="-1 -1 ${width + 2} ${height + 2}" role="img" aria-label="The way from the client to each broker" xmlns="http://www.w3.org/2000/svg">`,
    ...columns.map(({ head, x }) => `<text class="head" x="${x}" y="18">${head}</text>`),
    ...drawing.lines.map(drawLine),
    ...drawing.boxes.map(drawBox),
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
const partOf: Readonly<Record<Step, number>> = {
  map: 0,
  dns: 1,
  tcp: 1,
  tls: 2,
  kafka: 2,
  sasl: 2,
  metadata: 2,
  identity: 2,
}

/** The states of the three parts: well up to where it breaks, and not gone from there on. */
function statesOf({ failedStep, verdict }: Judged): readonly State[] {
  const broken = failedStep === null ? (verdict === 'ok' ? columns.length : 2) : partOf[failedStep]
  const state = verdict === 'warn' ? 'warn' : 'fail'
  return [0, 1, 2].map(part => (part < broken ? 'ok' : part === broken ? state : 'idle'))
}

class Drawing {
  readonly #boxes = new Map<string, Box>()
  readonly #lines = new Map<string, Line>()

  get boxes(): readonly Box[] {
    return [...this.#boxes.values()]
  }

  get lines(): readonly Line[] {
    return [...this.#lines.values()]
  }

  add(group: Group<Judged>, row: number): void {
    const [probe] = group
    const states = statesOf(probe)
    let before: { box: Box; key: string } | undefined
    wayOf(group).forEach(([title, detail], column) => {
      const line = states[column - 1] ?? 'ok'
      const state = column === columns.length - 1 ? probe.verdict : line
      const key = JSON.stringify([column, title, detail])
      const most = Math.floor(((columns[column]?.width ?? 0) - 2 * padding) / characterWidth)
      const lines = { title: breakName(title, most), detail: breakName(detail, most) }
      const box = obtain(this.#boxes, key, { column, ...lines, state, rows: [], y: 0 })
      box.state = worse(box.state, state)
      box.rows.push(row)
      if (before !== undefined) {
        const shared = obtain(this.#lines, `${before.key} ${key}`, { from: before.box, to: box, state: line })
        shared.state = worse(shared.state, line)
      }
      before = { box, key }
    })
  }
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
