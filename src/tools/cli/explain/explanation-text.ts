import { hostPort } from '../../../../lib/address/host-port.js'
import { visibleTexts } from '../../visible-texts.js'
import { plainMessage, reasonIn } from '../../explain/message-parts.js'
import { targetsText, type Explanation } from '../../explain/explanation.js'
import { describeRule } from '../../../map/match/rule.js'
import type { Style } from '../terminal/style.js'

interface TextOptions {
  /** Adds how the answer came about, and an empty line last. */
  readonly isVerbose: boolean
  /** Why no rule at all is in force; undefined where one is. */
  readonly whyNoRule: string | undefined
}

/** The answer in one line. */
export function explanationText(raw: Explanation, style: Style, { isVerbose, whyNoRule }: TextOptions): string {
  const explanation = visibleTexts(raw)
  const answer = answerLine(explanation, style, whyNoRule)
  if (!isVerbose) return `${answer}\n`
  const { error } = explanation
  const lines = [
    answer,
    ...decisionLines(explanation),
    ...targetLines(explanation),
    ...pathLines(explanation),
    ...(error === null ? [] : [row('error', withCode(error), style.red)]),
  ]
  return `${lines.join('\n')}\n\n`
}

/** Node's own messages begin with the code. */
const withCode = ({ code, message }: NonNullable<Explanation['error']>) =>
  message.includes(code) ? message : `${code} ${message}`

/** `b1.kafka.example:9092 -> vpce.example:9092 -> 10.0.0.7  TTL 30 s  map.yaml:4`. */
function answerLine(explanation: Explanation, style: Style, whyNoRule: string | undefined): string {
  const { host, port, targets, addresses, ttl, source, rule, error } = explanation
  // A target that is an address is no news as its own answer.
  const isResolved = source !== null && source !== 'literal'
  const way = [
    style.bold(hostPort(host, port)),
    ...(targets.length === 0 ? [] : [targetsText(explanation)]),
    ...(addresses.length === 0 || !isResolved ? [] : [addresses.map(({ address }) => address).join(', ')]),
  ].join(' -> ')
  const facts = [
    error === null ? way : `${way}  ${style.red(failureOf(error, rule !== null))}`,
    ...(ttl === null || ttl === 0 || !isResolved ? [] : [`TTL ${ttl} s`]),
    ...(rule === null ? [withoutRule(explanation, whyNoRule)] : [rule.place]),
  ]
  return facts.filter(fact => fact !== '').join('  ')
}

/** The reason, in this package's words if the error has them, without what the line already shows. */
function failureOf({ code, message }: NonNullable<Explanation['error']>, hasRule: boolean): string {
  // Where no rule decided, that is all that the own words say.
  if (!hasRule && !code.startsWith('ERR_')) return plainMessage(message)
  return withCode({ code, message: reasonIn(message) })
}

/** Why no rule decided, and which one nearly did. */
function withoutRule({ error, nearMatch, unchosenProfiles }: Explanation, whyNoRule = 'no rule matches'): string {
  const reasons = [
    // The error says it itself.
    ...(error?.code.startsWith('ERR_') === true ? [] : [whyNoRule]),
    ...(nearMatch === null ? [] : [nearMatch]),
    ...unchosenProfiles.map(name => `profile '${name}' has a rule for it and is not chosen`),
  ]
  return reasons.join('; ')
}

const row = (name: string, text: string, paint = (line: string) => line) => `  ${name.padEnd(10)} ${paint(text)}`

function decisionLines(explanation: Explanation): readonly string[] {
  const { rule, action, candidates, nearMatch, unchosenProfiles, note, captures } = explanation
  const others = candidates.filter(({ outcome }) => outcome !== 'chosen')
  const read = Object.entries(captures).map(([name, value]) => `${name}=${value}`)
  return [
    row('rule', rule === null ? decidedWithoutRule(explanation) : describeRule(rule)),
    ...(action === null || action === 'map' ? [] : [row('action', action)]),
    ...others.map(({ rule, outcome, reason }) =>
      row(outcome === 'gave way' || outcome === 'failed' ? outcome : 'not', `${describeRule(rule)}: ${reason}`),
    ),
    // A rule for another port is among the candidates.
    ...(nearMatch === null || others.length > 0 ? [] : [row('not', nearMatch)]),
    ...unchosenProfiles.map(name => row('not', `profile '${name}' has a rule for it and is not chosen`)),
    ...(note === null ? [] : [row('note', note)]),
    ...(read.length === 0 ? [] : [row('captures', read.join(', '))]),
  ]
}

const decidedWithoutRule = ({ action, candidates }: Explanation) =>
  action === null && candidates.some(({ outcome }) => outcome === 'gave way' || outcome === 'failed')
    ? 'a rule matches, but none gives a usable target'
    : 'no rule matches'

function targetLines({ targets, fallback, nameservers, allow }: Explanation): readonly string[] {
  return [
    ...targets.map(({ host, port, zone }) =>
      row('target', hostPort(host, port) + (zone === null ? '' : ` (zone ${zone})`)),
    ),
    ...(nameservers === null ? [] : [row('servers', nameservers.join(', '))]),
    ...(allow === null ? [] : [row('allow', allow)]),
    ...(fallback === null ? [] : [row('fallback', `${fallback.mode}: ${fallback.effect}`)]),
  ]
}

function pathLines({ path, queries, addresses, ttl, source }: Explanation): readonly string[] {
  const texts = addresses.map(({ address, port }) => hostPort(address, port))
  return [
    ...path.map(step => row('step', step)),
    ...queries.map(({ server, question, outcome, durationMs }) =>
      row('query', `${question} to ${server}: ${outcome} in ${durationMs} ms`),
    ),
    ...(texts.length === 0 ? [] : [row('addresses', `${texts.join(', ')} (TTL ${ttl ?? 0} s, from ${source ?? ''})`)]),
  ]
}
