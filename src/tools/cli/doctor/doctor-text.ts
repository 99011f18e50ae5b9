import { hostPort } from '../../../../lib/address/host-port.js'
import { usesTls, type Connection } from '../../doctor/connection.js'
import { targetsText } from '../../explain/explanation.js'
import { ownNote, plainMessage } from '../../explain/message-parts.js'
import { groupAdvice } from '../../doctor/advice/group-advice.js'
import { addressText, brokerTable, expiryText } from '../../doctor/table.js'
import { describeInForce, describeMachine, headline } from '../../doctor/summary.js'
import { visibleTexts } from '../../visible-texts.js'
import {
  steps,
  type Advice,
  type ClusterMetadata,
  type Diagnosis,
  type Judged,
  type Probe,
  type Step,
} from '../../doctor/types.js'
import type { Style } from '../terminal/style.js'
import { pluralise } from '../../../text/pluralise.js'
import { wrapText } from '../../../text/wrap-text.js'

/** How many characters a line of prose may have, and one of a table, which may be endless. */
export interface Widths {
  readonly prose: number
  readonly table: number
}

/** A bootstrap server's steps, one a line, as far as it came. */
export function stepLines(
  raw: Probe,
  connection: Pick<Connection, 'ssl' | 'sasl'>,
  style: Style,
  width = Infinity,
): string {
  const probe = visibleTexts(raw)
  const { host, port, failedStep, error } = probe
  const lines = [style.bold(`bootstrap ${hostPort(host, port)}`)]
  const left = ['identity', ...(usesTls(connection) ? [] : ['tls']), ...(connection.sasl === undefined ? ['sasl'] : [])]
  const taken = steps.filter(step => !left.includes(step))
  for (const step of taken) {
    if (step === failedStep) {
      lines.push(stepLine(step, style.red('fail'), failureText(step, error), width))
      break
    }
    // Reached without a rule is no fault of the connection, but nothing to be sure of either.
    const isMapped = step !== 'map' || probe.explanation.rule !== null
    lines.push(stepLine(step, isMapped ? style.green('ok  ') : style.yellow('none'), resultOf(step, probe), width))
  }
  return `${lines.join('\n')}\n`
}

/** The map's part is in the lines above; what DNS answered is nowhere else. */
function failureText(step: Step, error: Probe['error']): string {
  if (error === null) return ''
  const { code, message } = error
  const found = ownNote(message)
  if (step === 'dns' && found !== undefined) return `${code}: ${found}`
  const text = plainMessage(message)
  return text.includes(code) || code === 'CLOSED' ? text : `${text} (${code})`
}

const titles: Readonly<Record<Step, string>> = {
  map: 'map',
  dns: 'DNS',
  tcp: 'TCP',
  tls: 'TLS',
  kafka: 'Kafka',
  sasl: 'SASL',
  metadata: 'metadata',
  identity: 'identity',
}

const stepIndent = ' '.repeat(17)

const stepLine = (step: Step, mark: string, text: string, width: number) =>
  `  ${titles[step].padEnd(9)} ${mark} ${wrapText(text, width - stepIndent.length, stepIndent)}`.trimEnd()

const inMs = (time: number | null) => `in ${Math.round(time ?? 0)} ms`

function resultOf(step: Step, probe: Probe): string {
  const { explanation, dnsMs, tcpMs, tlsMs, kafkaMs, saslMs, tlsVersion, certificate } = probe
  const { rule, addresses, source } = explanation
  switch (step) {
    case 'map': {
      const to = targetsText(explanation)
      return rule === null
        ? 'no rule matches: resolved as it is'
        : `rule '${rule.match}' -> ${to === '' ? 'system' : to}`
    }
    case 'dns':
      return `${addresses.map(({ address }) => address).join(', ')} (${source ?? ''}) ${inMs(dnsMs)}`
    case 'tcp':
      return `${addressText(probe)} ${inMs(tcpMs)}`
    case 'tls': {
      const names = certificate?.names.slice(0, 3).join(', ') ?? 'no certificate'
      return `${tlsVersion ?? ''}, ${names}, until ${expiryText(probe)}, ${inMs(tlsMs)}`
    }
    case 'kafka':
      return `ApiVersions ${inMs(kafkaMs)}`
    case 'sasl':
      return inMs(saslMs)
    case 'metadata':
    case 'identity':
      return ''
  }
}

/** What the metadata listed, in one line. */
export function metadataLine(metadata: ClusterMetadata): string {
  const { brokers, clusterId } = visibleTexts(metadata)
  return `\n${pluralise(brokers.length, 'broker')} advertised${clusterId === null ? '' : ` by cluster ${clusterId}`}\n\n`
}

/** The brokers as a table, then what to do, then the verdict. */
export function diagnosisText(raw: Diagnosis, widths: Widths, style: Style): string {
  const diagnosis = visibleTexts(raw)
  const { bootstrap, brokers, ok } = diagnosis
  const advice = adviceLines([...bootstrap, ...brokers], diagnosis.advice, widths.prose, style)
  const table = brokerTable(brokers, widths.table, (line, judged) => {
    if (judged === null) return style.bold(line)
    return judged.verdict === 'ok' ? line : paintFor(judged.verdict, style)(line)
  })
  return [
    ...(brokers.length === 0 ? [] : table),
    ...(advice.length === 0 ? [] : ['', ...advice]),
    '',
    `${ok ? style.green('ok') : style.red('not ok')} ${headline(diagnosis)}`,
    style.dim(wrapText(describeInForce(diagnosis), widths.table, '')),
    style.dim(wrapText(describeMachine(diagnosis), widths.table, '')),
    ...(ok ? [] : [style.dim('docs/troubleshooting.md in this package explains each error')]),
    '',
  ].join('\n')
}

const paintFor = (severity: Advice['severity'], style: Style) =>
  severity === 'fail' ? style.red : severity === 'warn' ? style.yellow : style.dim

const indent = ' '.repeat(6)

/** Each thing once, with all whom it concerns; the lines to paste whole. */
export function adviceLines(
  probes: readonly Judged[],
  general: readonly Advice[],
  width: number,
  style: Style,
): readonly string[] {
  return groupAdvice(probes, general).flatMap(({ severity, sentence, remedy, paste }) => [
    `${paintFor(severity, style)(severity.padEnd(5))} ${wrapped(sentence, width)}`,
    ...(remedy === '' ? [] : [indent + wrapped(remedy, width)]),
    ...paste.map(line => `${indent}  ${style.bold(line)}`),
  ])
}

const wrapped = (text: string, width: number) => wrapText(text, Math.max(30, width - indent.length), indent)
