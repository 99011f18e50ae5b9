import { hostPort } from '../connect/describe.js'
import { escape } from './escape.js'
import { verdictText } from './table.js'
import type { Diagnosis, Judged, Verdict } from './types.js'

/** A box of the picture; several brokers may share a rule or an endpoint. */
interface Box {
  readonly column: number
  readonly title: string
  readonly detail: string
  verdict: Verdict
  readonly rows: number[]
}

/** The boxes of one broker's way, from left to right. */
interface Way {
  readonly verdict: Verdict
  readonly boxes: readonly Box[]
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
  const boxes = new Boxes()
  const ways = probes.map((probe, row) => boxes.wayOf(probe, row))
  const height = top + probes.length * rowHeight
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="The way from the client to each broker" xmlns="http://www.w3.org/2000/svg">`,
    ...columns.map(({ head, x }) => `<text class="head" x="${x}" y="18">${head}</text>`),
    ...ways.flatMap(drawWay),
    ...boxes.all.map(drawBox),
    '</svg>',
  ].join('\n')
}

class Boxes {
  readonly #boxes = new Map<string, Box>()

  get all(): readonly Box[] {
    return [...this.#boxes.values()]
  }

  wayOf(probe: Judged, row: number): Way {
    const { explanation, host, port, verdict } = probe
    const { rule, targets } = explanation
    const [target] = targets
    const endpoint = target === undefined ? hostPort(host, port) : hostPort(target.host, target.port ?? port)
    const address = probe.address === null ? 'no address' : hostPort(probe.address, probe.addressPort ?? undefined)
    const boxes = [
      this.#obtain(0, 'this host', '', row),
      this.#obtain(1, rule?.match ?? 'no rule matches', rule?.origin ?? '', row),
      this.#obtain(2, endpoint, address, row),
      this.#obtain(3, hostPort(host, port), describe(probe), row),
    ]
    for (const box of boxes) box.verdict = worse(box.verdict, verdict)
    return { verdict, boxes }
  }

  #obtain(column: number, title: string, detail: string, row: number): Box {
    const key = JSON.stringify([column, title, detail])
    const known = this.#boxes.get(key)
    if (known === undefined) {
      const made: Box = { column, title, detail, verdict: 'ok', rows: [row] }
      this.#boxes.set(key, made)
      return made
    }
    known.rows.push(row)
    return known
  }
}

function describe(probe: Judged): string {
  const { role, nodeId, rack } = probe
  const who = role === 'bootstrap' ? 'bootstrap' : `id ${nodeId ?? '?'}${rack === null ? '' : `, rack ${rack}`}`
  return `${who}: ${verdictText(probe)}`
}

const order: readonly Verdict[] = ['ok', 'warn', 'fail']
const worse = (one: Verdict, other: Verdict): Verdict => (order.indexOf(one) < order.indexOf(other) ? other : one)

/** In the middle of the rows that it belongs to. */
const centreOf = ({ rows }: Box) => top + ((Math.min(...rows) + Math.max(...rows) + 1) * rowHeight) / 2

const placeOf = ({ column }: Box) => columns[column] ?? columns[0]

function drawWay({ verdict, boxes }: Way): readonly string[] {
  return boxes.slice(1).flatMap((box, index) => {
    const before = boxes[index]
    if (before === undefined) return []
    const from = { x: placeOf(before).x + placeOf(before).width, y: centreOf(before) }
    const to = { x: placeOf(box).x, y: centreOf(box) }
    const middle = (from.x + to.x) / 2
    const curve = `M${from.x} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`
    return [`<path class="way ${verdict}" d="${curve}"/>`]
  })
}

/** How wide a character of the small text is, about. */
const characterWidth = 6.6

function drawBox(box: Box): string {
  const { x, width: boxWidth } = placeOf(box)
  const y = centreOf(box) - boxHeight / 2
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
