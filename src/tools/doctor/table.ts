import { hostPort } from '../../../lib/address/host-port.js'
import type { Judged, Probe } from './types.js'

interface Column {
  readonly title: string
  readonly cell: (probe: Judged) => string
  /** How many characters it may shrink to; left out: it stays whole. */
  readonly least?: number
  readonly isNumber?: boolean
}

const ms = (time: number | null) => (time === null ? '' : String(Math.round(time)))

const id: Column = { title: 'id', cell: ({ nodeId }) => (nodeId === null ? '' : String(nodeId)), isNumber: true }
const broker: Column = { title: 'broker', cell: ({ host, port }) => hostPort(host, port), least: 12 }
const rack: Column = { title: 'rack', cell: probe => probe.rack ?? '', least: 6 }
const rule: Column = { title: 'rule', cell: probe => probe.explanation.rule?.match ?? 'none', least: 10 }
const endpoint: Column = { title: 'endpoint', cell: endpointText, least: 12 }
const address: Column = { title: 'address', cell: addressText, least: 12 }
const connect: Column = { title: 'tcp ms', cell: ({ tcpMs }) => ms(tcpMs), isNumber: true }
const tls: Column = { title: 'tls ms', cell: ({ tlsMs }) => ms(tlsMs), isNumber: true }
const names: Column = {
  title: 'certificate',
  cell: ({ certificate }) => certificate?.names.join(', ') ?? '',
  least: 12,
}
const expiry: Column = { title: 'until', cell: ({ certificate }) => certificate?.validTo.slice(0, 10) ?? '' }
const verdict: Column = { title: 'verdict', cell: probe => verdictText(probe) }

const smallColumns = [id, broker, connect, verdict]
const narrowColumns = [id, broker, rack, endpoint, connect, tls, verdict]
const wideColumns = [id, broker, rack, rule, endpoint, address, connect, tls, names, expiry, verdict]

/** From these widths on there is room for more columns. */
const [narrowWidth, wideWidth] = [70, 120]

export const verdictText = ({ verdict, failedStep, advice }: Judged): string =>
  verdict === 'fail' ? `fail ${failedStep ?? advice.find(({ severity }) => severity === 'fail')?.kind ?? ''}` : verdict

function endpointText({ explanation }: Probe): string {
  const [first, ...others] = explanation.targets
  if (first === undefined) return explanation.action === 'system' ? 'as it is' : ''
  return hostPort(first.host, first.port) + (others.length === 0 ? '' : ` +${others.length}`)
}

export function addressText({ address, addressPort }: Probe): string {
  return address === null ? '' : hostPort(address, addressPort)
}

/** The brokers as lines of at most `width` characters, a head first. `paint` sets a whole line apart. */
export function brokerTable(
  brokers: readonly Judged[],
  width: number,
  paint: (line: string, probe: Judged | null) => string = line => line,
): readonly string[] {
  const all = width >= wideWidth ? wideColumns : width >= narrowWidth ? narrowColumns : smallColumns
  const columns = all.filter(column => column === verdict || brokers.some(probe => column.cell(probe) !== ''))
  const widths = fit(columns, brokers, width)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.isNumber === true))
      .join('  ')
      .trimEnd()
  return [
    paint(line(columns.map(({ title }) => title)), null),
    ...brokers.map(probe => paint(line(columns.map(column => column.cell(probe))), probe)),
  ]
}

/** The widths of the columns: what does not fit is taken off the widest that may shrink. */
function fit(columns: readonly Column[], brokers: readonly Judged[], width: number): readonly number[] {
  const widths = columns.map(column =>
    Math.max(column.title.length, ...brokers.map(probe => column.cell(probe).length)),
  )
  const total = () => widths.reduce((sum, each) => sum + each, 2 * (widths.length - 1))
  while (total() > width) {
    const room = widths.map((each, index) => each - (columns[index]?.least ?? Infinity))
    const most = Math.max(...room)
    if (most <= 0) break
    // Of those that can shrink the widest first, so that short ones stay whole.
    const candidates = widths.map((each, index) => ((room[index] ?? 0) > 0 ? each : 0))
    const widest = candidates.indexOf(Math.max(...candidates))
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function pad(cell: string, width: number, isNumber: boolean): string {
  // The end of a name tells brokers of one cluster less apart than its beginning.
  const shown = cell.length > width ? `${cell.slice(0, Math.max(0, width - 1))}…` : cell
  return isNumber ? shown.padStart(width) : shown.padEnd(width)
}
