import { hostPort } from '../../../../lib/address/host-port.js'
import { addressText, brokerTable } from '../../doctor/table.js'
import { steps, type Advice, type ClusterMetadata, type Diagnosis, type Probe, type Step } from '../../doctor/types.js'
import { printable, type Style } from '../terminal/style.js'
import { wrapText } from '../../../text/wrap-text.js'

/** A bootstrap server's steps, one a line, as far as it came. */
export function stepLines(probe: Probe, isTls: boolean, hasSasl: boolean, style: Style): string {
  const { host, port, failedStep, error } = probe
  const lines = [style.bold(printable(`bootstrap ${hostPort(host, port)}`))]
  const asked = steps.filter(step => (step !== 'tls' || isTls) && (step !== 'sasl' || hasSasl))
  for (const step of asked) {
    if (step === failedStep) {
      lines.push(stepLine(step, style.red('fail'), `${error?.code ?? ''} ${error?.message ?? ''}`))
      break
    }
    lines.push(stepLine(step, style.green('ok  '), told(step, probe)))
  }
  return `${lines.join('\n')}\n`
}

const titles: Readonly<Record<Step, string>> = {
  map: 'map',
  dns: 'DNS',
  tcp: 'TCP',
  tls: 'TLS',
  kafka: 'Kafka',
  sasl: 'SASL',
  metadata: 'metadata',
}

const stepLine = (step: Step, mark: string, text: string) =>
  `  ${titles[step].padEnd(9)} ${mark} ${printable(text)}`.trimEnd()

const inMs = (time: number | null) => `in ${Math.round(time ?? 0)} ms`

function told(step: Step, probe: Probe): string {
  const { explanation, dnsMs, tcpMs, tlsMs, kafkaMs, saslMs, tlsVersion, certificate } = probe
  const { rule, targets, addresses, source } = explanation
  switch (step) {
    case 'map': {
      const to = targets.map(target => hostPort(target.host, target.port)).join(' | ')
      return rule === null ? 'no rule matches: as it is' : `rule '${rule.match}' -> ${to === '' ? 'system' : to}`
    }
    case 'dns':
      return `${addresses.map(({ address }) => address).join(', ')} (${source ?? ''}) ${inMs(dnsMs)}`
    case 'tcp':
      return `${addressText(probe)} ${inMs(tcpMs)}`
    case 'tls': {
      const names = certificate?.names.slice(0, 3).join(', ') ?? 'no certificate'
      return `${tlsVersion ?? ''}, ${names}, until ${certificate?.validTo.slice(0, 10) ?? ''}, ${inMs(tlsMs)}`
    }
    case 'kafka':
      return `ApiVersions ${inMs(kafkaMs)}`
    case 'sasl':
      return inMs(saslMs)
    case 'metadata':
      return ''
  }
}

/** What the metadata listed, in one line. */
export function metadataLine({ brokers, clusterId }: ClusterMetadata): string {
  const count = `${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}`
  return printable(`\n${count} advertised${clusterId === null ? '' : ` by cluster ${clusterId}`}\n\n`)
}

/** The brokers as a table, then what to do, then the verdict. */
export function diagnosisText(diagnosis: Diagnosis, width: number, style: Style): string {
  const { bootstrap, brokers, ok } = diagnosis
  const found = [...bootstrap, ...brokers].flatMap(judged => judged.advice)
  const advice = adviceLines([...found, ...diagnosis.advice], width, style)
  const table = brokerTable(brokers, width, (line, judged) => {
    const shown = printable(line)
    if (judged === null) return style.bold(shown)
    return judged.verdict === 'ok' ? shown : paintFor(judged.verdict, style)(shown)
  })
  return [
    ...(brokers.length === 0 ? [] : [...table, '']),
    ...(advice.length === 0 ? [] : [...(brokers.length === 0 ? [''] : []), ...advice, '']),
    `${ok ? style.green('ok') : style.red('not ok')} ${summary(diagnosis)}`,
    '',
  ].join('\n')
}

const paintFor = (severity: Advice['severity'], style: Style) =>
  severity === 'fail' ? style.red : severity === 'warn' ? style.yellow : style.dim

/** The same text for several brokers is no help; each thing stands once, with the brokers' own names in it. */
export function adviceLines(advice: readonly Advice[], width: number, style: Style): readonly string[] {
  const texts = new Map(advice.map(each => [each.text, each]))
  return [...texts.values()]
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ severity, text }) => {
      const indent = ' '.repeat(6)
      const body = wrapText(printable(text), Math.max(30, width - indent.length), indent)
      return `${paintFor(severity, style)(severity.padEnd(5))} ${body}`
    })
}

const rank = ({ severity }: Advice) => ['fail', 'warn', 'note'].indexOf(severity)

function summary({ bootstrap, brokers, rules, security }: Diagnosis): string {
  const good = brokers.filter(({ verdict }) => verdict !== 'fail').length
  const count =
    brokers.length === 0 ? 'no bootstrap server answered' : `${good} of ${brokers.length} brokers can be used`
  const bad = bootstrap.filter(({ verdict }) => verdict === 'fail').length
  const servers = bad > 0 && brokers.length > 0 ? `, ${bad} of ${bootstrap.length} bootstrap servers cannot` : ''
  return `${count}${servers} (${security}, ${rules} ${rules === 1 ? 'rule' : 'rules'} in force)`
}
