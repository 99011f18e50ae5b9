import { hostPort } from '../../../lib/address/host-port.js'
import { shortenMiddle, withoutEnding } from './fit-names.js'
import type { Judged, Probe } from './types.js'

interface Column {
  readonly title: string
  readonly cell: (probe: Judged) => string
  /** A column of names, which may be shortened where nothing else helps. */
  readonly isName?: boolean
  readonly isNumber?: boolean
}

export const msText = (time: number | null): string => (time === null ? '' : String(Math.round(time)))

export const namesText = ({ certificate }: Probe): string => certificate?.names.join(', ') ?? ''

/** The day until which the certificate is valid. */
export const expiryText = ({ certificate }: Probe): string => certificate?.validTo.slice(0, 10) ?? ''

export const verdictText = ({ verdict, failedStep, advice }: Judged): string =>
  verdict === 'fail' ? `fail ${failedStep ?? advice.find(({ severity }) => severity === 'fail')?.kind ?? ''}` : verdict

const broker: Column = { title: 'broker', cell: ({ host, port }) => hostPort(host, port), isName: true }
const endpoint: Column = { title: 'endpoint', cell: endpointText, isName: true }
const rule: Column = { title: 'rule', cell: probe => probe.explanation.rule?.match ?? 'none' }
const address: Column = { title: 'address', cell: addressText }
const names: Column = { title: 'certificate', cell: namesText }
const expiry: Column = { title: 'until', cell: expiryText }
const rack: Column = { title: 'rack', cell: probe => probe.rack ?? '' }
const connect: Column = { title: 'tcp ms', cell: ({ tcpMs }) => msText(tcpMs), isNumber: true }
const tls: Column = { title: 'tls ms', cell: ({ tlsMs }) => msText(tlsMs), isNumber: true }

/** All columns, in the order in which they stand. */
const columns: readonly Column[] = [
  { title: 'id', cell: ({ nodeId }) => (nodeId === null ? '' : String(nodeId)), isNumber: true },
  broker,
  rack,
  rule,
  endpoint,
  address,
  connect,
  tls,
  names,
  expiry,
  { title: 'verdict', cell: verdictText },
]

/** What is left out where the room is short, the first first; while these last, no name is touched. */
const details = [names, expiry, address, rule]
/** What is left out next, with what all names end in said once. */
const lesser = [tls, rack, connect]

function endpointText({ explanation }: Probe): string {
  const [first, ...others] = explanation.targets
  if (first === undefined) return explanation.action === 'system' ? 'as it is' : ''
  return hostPort(first.host, first.port) + (others.length === 0 ? '' : ` +${others.length}`)
}

export function addressText({ address, addressPort }: Probe): string {
  return address === null ? '' : hostPort(address, addressPort)
}

/** A column and its cells, one a broker. */
interface Filled {
  readonly column: Column
  readonly cells: readonly string[]
  /** What an ellipsis at the end of each cell stands for. */
  readonly ending: string
}

/** The brokers as lines of at most `width` characters, a head first. `paint` sets a whole line apart. */
export function brokerTable(
  brokers: readonly Judged[],
  width: number,
  paint: (line: string, probe: Judged | null) => string = line => line,
): readonly string[] {
  const all = columns.map(column => ({ column, cells: brokers.map(column.cell), ending: '' }))
  const fitted = fit(
    all.filter(({ column, cells }) => column.title === 'verdict' || cells.some(cell => cell !== '')),
    width,
  )
  const line = (textOf: (filled: Filled) => string) =>
    fitted
      .map(each => pad(textOf(each), widthOf(each), each.column.isNumber === true))
      .join('  ')
      .trimEnd()
  return [
    paint(
      line(({ column }) => column.title),
      null,
    ),
    ...brokers.map((probe, index) =>
      paint(
        line(({ cells }) => cells[index] ?? ''),
        probe,
      ),
    ),
    ...fitted
      .filter(({ ending }) => ending !== '')
      .flatMap(({ column, ending }) => [`… of each ${column.title}:`, `  ${ending}`]),
  ]
}

const pad = (text: string, width: number, isNumber: boolean) => (isNumber ? text.padStart(width) : text.padEnd(width))

const widthOf = ({ column, cells }: Filled) => Math.max(column.title.length, ...cells.map(cell => cell.length))

const totalOf = (filled: readonly Filled[]) =>
  filled.reduce((sum, each) => sum + widthOf(each), 2 * (filled.length - 1))

/** As many columns as there is room for, names whole as long as that can be. */
function fit(all: readonly Filled[], width: number): readonly Filled[] {
  let filled = drop(all, details, width)
  if (totalOf(filled) <= width) return filled
  filled = drop(filled.map(withoutItsEnding), lesser, width)
  if (totalOf(filled) <= width) return filled
  filled = shortenNames(filled, width)
  return totalOf(filled) <= width ? filled : shortenNames(drop(filled, [endpoint], width), width)
}

function drop(all: readonly Filled[], columns: readonly Column[], width: number): readonly Filled[] {
  let filled = all
  for (const dropped of columns) {
    if (totalOf(filled) <= width) break
    filled = filled.filter(({ column }) => column !== dropped)
  }
  return filled
}

function withoutItsEnding(filled: Filled): Filled {
  if (filled.column.isName !== true) return filled
  const { names, ending } = withoutEnding(filled.cells)
  return { ...filled, cells: names, ending }
}

/** In less than that, names all look alike. */
const shortestName = 12

/** Takes what does not fit off the widest name, then off the next. */
function shortenNames(all: readonly Filled[], width: number): readonly Filled[] {
  const filled = [...all]
  const over = () => totalOf(filled) - width
  const named = () => filled.map((each, index) => ({ each, index })).filter(({ each }) => each.column.isName === true)
  for (let left = named().length; left > 0 && over() > 0; left -= 1) {
    const sorted = named().toSorted((a, b) => widthOf(b.each) - widthOf(a.each))
    const [widest] = sorted
    if (widest === undefined) break
    // Each of those that are still to come may take an equal part.
    const part = Math.ceil(over() / left)
    const room = Math.max(shortestName, widthOf(widest.each) - (left === 1 ? over() : part))
    filled[widest.index] = { ...widest.each, cells: shortenMiddle(widest.each.cells, room) }
  }
  return filled
}
