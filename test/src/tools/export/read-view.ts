import type { Answer, DnsView } from '../../../../src/tools/export/view/dns-view.js'
import { fillIn, hostExpression } from '../../../../src/tools/export/view/host-pattern.js'
import { targetProblem } from '../../../../src/map/rule/target.js'

/** What the view says of a name, and the answer that says it. Nothing: it passes the name on because no answer is for it. */
export interface Reading {
  readonly answer: Answer
  /** `system`, `none`, or what the name is led to: a name, or addresses. */
  readonly says: string
}

/** The first answer whose pattern the name matches, as a DNS server would find it. */
export function readView({ answers }: DnsView, host: string): Reading | undefined {
  for (const answer of answers) {
    const groups = hostExpression(answer.pattern).exec(host)
    if (groups !== null) return { answer, says: told(answer, groups) }
  }
  return undefined
}

function told({ pattern, reply }: Answer, groups: RegExpExecArray): string {
  const filled = (target: Parameters<typeof fillIn>[1]) => fillIn(pattern, target, number => groups[number] ?? '')
  switch (reply.kind) {
    case 'pass':
      return 'system'
    case 'none':
      return 'none'
    case 'addresses':
      return reply.addresses.join(' ')
    case 'ipv4':
      return filled(reply.address)
    case 'name': {
      // A server finds out by itself that there is no such name.
      const name = filled(reply.name)
      return targetProblem(name) === undefined ? name : 'none'
    }
  }
}
