import type { MadeMap } from '../../init/make-map.js'
import type { CoveredBroker, WidenedMap } from '../../init/coverage.js'
import { hostPort } from '../../../../lib/address/host-port.js'
import { printable, type Style } from '../terminal/style.js'
import { wrapText } from '../../../text/wrap-text.js'

/** What was recognised, what was assumed, and what comes next. */
export function madeText({ title, remarks }: MadeMap, out: string | undefined, style: Style, width: number): string {
  const file = out ?? 'map.yaml'
  const lines = [
    style.bold(printable(title)),
    ...remarks.map(remark => `  - ${wrapText(printable(remark), Math.max(30, width - 4), '    ')}`),
    '',
    out === undefined ? `next, with the map in ${file}:` : 'next:',
    `  npx kafka-split-dns check --map-file ${shellWord(file)}`,
    `  export KAFKA_SPLIT_DNS_MAP_FILE=${shellWord(file)}`,
    `  ${importLine}`,
    '  new Kafka({ ..., socketFactory: createSocketFactory() })',
    '',
  ]
  return lines.join('\n')
}

// Written as a whole it would make the package's CommonJS pass for ESM, for those who look for such lines.
const importLine = ['import', '{ createSocketFactory }', 'from', `'kafka-split-dns'`].join(' ')

/** The word as a shell takes it for one. */
const shellWord = (text: string) =>
  /^[\w./@%+=:,-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", `'\\''`)}'`

/** Each of the brokers in a line, and by which rule the map covers it. */
export function coverageText(brokers: readonly CoveredBroker[], style: Style): string {
  const nameOf = ({ host, port }: CoveredBroker) => hostPort(host, port)
  const idWidth = Math.max(...brokers.map(({ nodeId }) => String(nodeId).length))
  const nameWidth = Math.max(...brokers.map(broker => nameOf(broker).length))
  const lines = brokers.map(broker => {
    const isCovered = broker.missing === null
    const how = isCovered
      ? `rule '${broker.rule ?? ''}' -> ${broker.targets.join(' | ')}`
      : `not covered: ${broker.missing}`
    const line = printable(`  ${String(broker.nodeId).padStart(idWidth)}  ${nameOf(broker).padEnd(nameWidth)}  ${how}`)
    return isCovered ? line : style.red(line)
  })
  return lines.map(line => `${line}\n`).join('')
}

/** The brokers that no rule can be written for, by the first of them. */
export function refusedText([first, ...others]: WidenedMap['refused']): string {
  if (first === undefined) return ''
  const { host, port } = first.broker
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return printable(`init can't write a rule for ${hostPort(host, port)}${more}: ${first.reason}\n`)
}
