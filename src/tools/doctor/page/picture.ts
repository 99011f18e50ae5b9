import { hostPort } from '../../../../lib/address/host-port.js'
import { escape } from './escape.js'
import { verdictText } from '../table.js'
import type { Diagnosis, Judged, Verdict } from '../types.js'

/** A box of the picture; several brokers may share a rule or an endpoint. */
interface Box {
  readonly column: number
  readonly title: string
  readonly detail: string
  verdict: Verdict
  readonly rows: number[]
  /** The middle, from the top. */
  y: number
}

/** A line between two boxes; several brokers' ways may share it. */
interface Line {
  readonly from: Box
  readonly to: Box
  verdict: Verdict
}

const columns = [
  { head: 'client', x: 0, width: 130 },
  { head: 'rule', x: 180, width: 230 },
  { head: 'endpoint', x: 460, width: 240 },
  { head: 'broker', x: 750, width: 250 },
] as const
const [rowHeight, boxHeight, top, width] = [60, 44, 36, 1000] as const

/** The way from the client over rules and endpoints to each broker, as an SVG that takes its colours from the page. */
export function picture({ bootstrap, brokers }: Diagnosis): string {
  const probes = [...bootstrap, ...brokers]
  const drawing = new Drawing()
  probes.forEach((probe, row) => drawing.add(probe, row))
  columns.forEach((_, column) =>
    spread(
      drawing.boxes.filter(box => box.column === column),
      probes.length,
    ),
  )
  const height = top + probes.length * rowHeight
  return [
    `<svg viewBox="-1 -1 ${width + 2} ${height + 2}" role="img" aria-label="The way from the client to each broker" xmlns="http://www.w3.org/2000/svg">`,
    ...columns.map(({ head, x }) => `<text class="head" x="${x}" y="18">${head}</text>`),
    ...drawing.lines.map(drawLine),
    ...drawing.boxes.map(drawBox),
    '</svg>',
  ].join('\n')
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

  add(probe: Judged, row: number): void {
    const { explanation, host, port, verdict } = probe
    const { rule, targets } = explanation
    const [target] = targets
    const endpoint = target === undefined ? hostPort(host, port) : hostPort(target.host, target.port ?? port)
    const address = probe.address === null ? 'no address' : hostPort(probe.address, probe.addressPort)
    const way = [
      ['this host', ''],
      [rule?.match ?? 'no rule matches', rule?.origin ?? ''],
      [endpoint, address],
      [hostPort(host, port), describe(probe)],
    ] as const
    let before: { box: Box; key: string } | undefined
    way.forEach(([title, detail], column) => {
      const key = JSON.stringify([column, title, detail])
      const made: Box = { column, title, detail, verdict, rows: [], y: 0 }
      const box = obtain(this.#boxes, key, made, verdict)
      box.rows.push(row)
      if (before !== undefined)
        obtain(this.#lines, `${before.key} ${key}`, { from: before.box, to: box, verdict }, verdict)
      before = { box, key }
    })
  }
}

/** What stands at the key, of the worse of its verdicts. */
function obtain<Part extends { verdict: Verdict }>(
  parts: Map<string, Part>,
  key: string,
  made: Part,
  verdict: Verdict,
): Part {
  const part = parts.get(key) ?? made
  parts.set(key, part)
  part.verdict = worse(part.verdict, verdict)
  return part
}

/** Each box as near as can be to the middle of its rows, none over another. There are as many rows as boxes at least. */
function spread(boxes: readonly Box[], rows: number): void {
  const wanted = ({ rows: own }: Box) => top + ((Math.min(...own) + Math.max(...own) + 1) * rowHeight) / 2
  const sorted = boxes.toSorted((a, b) => wanted(a) - wanted(b))
  let least = top + rowHeight / 2
  for (const box of sorted) {
    box.y = Math.max(wanted(box), least)
    least = box.y + rowHeight
  }
  let most = top + rows * rowHeight - rowHeight / 2
  for (const box of sorted.toReversed()) {
    box.y = Math.min(box.y, most)
    most = box.y - rowHeight
  }
}

function describe(probe: Judged): string {
  const { role, nodeId, rack } = probe
  const who = role === 'bootstrap' ? 'bootstrap' : `id ${nodeId ?? '?'}${rack === null ? '' : `, rack ${rack}`}`
  return `${who}: ${verdictText(probe)}`
}

const order: readonly Verdict[] = ['ok', 'warn', 'fail']
const worse = (one: Verdict, other: Verdict): Verdict => (order.indexOf(one) < order.indexOf(other) ? other : one)

const placeOf = ({ column }: Box) => columns[column] ?? columns[0]

function drawLine({ from, to, verdict }: Line): string {
  const start = placeOf(from).x + placeOf(from).width
  const end = placeOf(to).x
  const middle = (start + end) / 2
  return `<path class="way ${verdict}" d="M${start} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}"/>`
}

/** How wide a character of the small text is, about. */
const characterWidth = 7.4

function drawBox(box: Box): string {
  const { x, width: boxWidth } = placeOf(box)
  const y = box.y - boxHeight / 2
  const most = Math.floor((boxWidth - 20) / characterWidth)
  const text = (line: string, dy: number, name: string) =>
    line === '' ? '' : `<text class="${name}" x="${x + 10}" y="${y + dy}">${escape(cut(line, most))}</text>`
  return [
    `<g class="box ${box.verdict}"><title>${escape(`${box.title} ${box.detail}`.trim())}</title>`,
    `<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6"/>`,
    text(box.title, box.detail === '' ? 27 : 18, 'name'),
    text(box.detail, 35, 'detail'),
    '</g>',
  ].join('')
}

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
