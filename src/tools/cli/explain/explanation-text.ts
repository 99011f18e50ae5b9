import { hostPort } from '../../../../lib/address/host-port.js'
import type { Explanation } from '../../explain/explanation.js'
import { describeRule } from '../../../map/match/rule.js'
import { printable, type Style } from '../terminal/style.js'

/** The explanation as lines for people, an empty one last. */
export function explanationText(explanation: Explanation, style: Style): string {
  const { host, port, error } = explanation
  const lines = [
    style.bold(printable(hostPort(host, port))),
    ...decisionLines(explanation),
    ...targetLines(explanation),
    ...pathLines(explanation),
    ...(error === null ? [] : [row('error', `${error.code} ${error.message}`, style.red)]),
  ]
  return `${lines.join('\n')}\n\n`
}

const row = (name: string, text: string, paint = (line: string) => line) =>
  `  ${name.padEnd(10)} ${paint(printable(text))}`

function decisionLines({ rule, action, candidates, captures }: Explanation): readonly string[] {
  const others = candidates.filter(({ outcome }) => outcome !== 'chosen')
  const read = Object.entries(captures).map(([name, value]) => `${name}=${value}`)
  return [
    row('rule', rule === null ? 'no rule matches' : describeRule(rule)),
    ...(action === null || action === 'map' ? [] : [row('action', action)]),
    ...others.map(({ rule, reason }) => row('not', `${describeRule(rule)}: ${reason}`)),
    ...(read.length === 0 ? [] : [row('captures', read.join(', '))]),
  ]
}

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
