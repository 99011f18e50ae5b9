import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { targetProblem } from '../../../map/rule/target.js'
import type { RuleName } from '../../../map/types.js'
import { omissionAt, type Answer } from './dns-view.js'
import { exactName, fillIn, hostExpression, labelsOf, wildcardZone, type HostPattern } from './host-pattern.js'
import type { Reply } from './target-name.js'

/** A name, or all names below it; for `*` alone the name is empty. In lower case, without a final dot. */
export interface Owner {
  readonly name: string
  readonly isWildcard: boolean
}

/** A reply that is the same for every name of its owner. */
export type PlainReply = { readonly kind: 'name'; readonly name: string } | Exclude<Reply, { kind: 'name' | 'ipv4' }>

/** The answer for one name, or for each name below one; for servers that have no captures. */
export interface PlainAnswer extends Owner {
  readonly reply: PlainReply
  readonly rule: RuleName
  /** Its position: the first answer that matches a name decides. */
  readonly order: number
}

/** The owner as master files write it, without a final dot. */
export const ownerText = ({ name, isWildcard }: Owner): string =>
  [...(isWildcard ? ['*'] : []), ...(name === '' ? [] : [name])].join('.')

/** What a format can't express, by rule and place, each reason once. */
export class Omissions {
  readonly faults: Fault[] = []
  readonly #placed: ReadonlyMap<RuleName, PlacedRule>
  readonly #seen = new Set<string>()

  constructor(rules: readonly PlacedRule[], faults: readonly Fault[]) {
    this.faults.push(...faults)
    this.#placed = new Map(rules.map(placed => [placed.rule.name, placed]))
  }

  add(rule: RuleName, reason: string): void {
    const placed = this.#placed.get(rule)
    const fault = placed === undefined ? { message: reason, origin: rule.origin } : omissionAt(placed, reason)
    const key = JSON.stringify(fault)
    if (!this.#seen.has(key)) this.faults.push(fault)
    this.#seen.add(key)
  }
}

/**
 * The answers for one name, or for all names below one, in order; other answers become omissions. `unmatched` says what
 * happens to names for which nothing is written.
 */
export function plainAnswers(
  answers: readonly Answer[],
  omissions: Omissions,
  unmatched = 'are passed on',
): readonly PlainAnswer[] {
  const plain: PlainAnswer[] = []
  const captured = answers.flatMap((answer, order) =>
    ownerOf(answer.pattern) === undefined ? [{ answer, order, expression: hostExpression(answer.pattern) }] : [],
  )
  // From the last to the first: an answer behind this one takes its names where this one can't be written.
  for (const [order, { pattern, reply, rule }] of [...answers.entries()].reverse()) {
    const owner = ownerOf(pattern)
    const constant = constantReply(reply)
    if (owner !== undefined) {
      const { name } = owner
      // A name that a table spells out may belong to an earlier rule whose pattern has captures.
      const before = owner.isWildcard ? undefined : captured.find(one => one.order < order && one.expression.test(name))
      if (before !== undefined) {
        plain.push({ ...owner, reply: replyFor(name, before.answer), rule: before.answer.rule, order })
        continue
      }
      if (constant === undefined) omissions.add(rule, "its target depends on what '*' covers")
      plain.push({ ...owner, reply: constant ?? { kind: 'pass' }, rule, order })
      continue
    }
    const instead = plain.findLast(meets(pattern))
    if (reply.kind === 'pass' && (instead === undefined || instead.reply.kind === 'pass')) continue
    const names = reply.kind === 'none' ? `those of its names that have no target (${reply.why})` : 'its names'
    const become = instead === undefined ? unmatched : `are answered by rule '${instead.rule.match}' instead`
    omissions.add(rule, `captures can't be read: ${names} ${become}`)
  }
  return plain.reverse()
}

/** The name, or the names below one, that the pattern matches; undefined where it has captures. */
export function ownerOf(pattern: HostPattern): Owner | undefined {
  const name = exactName(pattern)
  if (name !== undefined) return { name, isWildcard: false }
  const zone = pattern.length === 1 && pattern[0]?.kind === 'star' ? '' : wildcardZone(pattern)
  return zone === undefined ? undefined : { name: zone, isWildcard: true }
}

/** The answer's reply for this one name, which its pattern matches. */
function replyFor(name: string, { pattern, reply }: Answer): PlainReply {
  if (reply.kind !== 'name' && reply.kind !== 'ipv4') return reply
  const groups = hostExpression(pattern).exec(name) ?? []
  const target = fillIn(pattern, reply.kind === 'name' ? reply.name : reply.address, number => groups[number] ?? '')
  if (reply.kind === 'ipv4') return { kind: 'addresses', addresses: [target] }
  const problem = targetProblem(target)
  return problem === undefined ? { kind: 'name', name: target } : { kind: 'none', why: `its target ${problem}` }
}

function constantReply(reply: Reply): PlainReply | undefined {
  if (reply.kind === 'ipv4') return undefined
  if (reply.kind !== 'name') return reply
  const name = exactName(reply.name)
  return name === undefined ? undefined : { kind: 'name', name }
}

/** Whether the pattern matches an owner, or a name below it. */
function meets(pattern: HostPattern): (owner: Owner) => boolean {
  const whole = hostExpression(pattern)
  const hasStar = pattern[0]?.kind === 'star'
  const fromRight = labelsOf(pattern).toReversed()
  const expressions = (hasStar ? fromRight.slice(0, -1) : fromRight).map(hostExpression)
  return ({ name, isWildcard }) => {
    if (!isWildcard) return whole.test(name)
    const labels = name === '' ? [] : name.split('.').reverse()
    if (!hasStar && labels.length >= expressions.length) return false
    return labels.slice(0, expressions.length).every((label, index) => expressions[index]?.test(label))
  }
}

/** The warning that a rule matches all names: a server is asked for more of them than a Kafka client ever uses. */
export function matchesEveryName(answers: readonly PlainAnswer[]): readonly string[] {
  const all = answers.find(({ name, isWildcard, reply }) => name === '' && isWildcard && reply.kind !== 'pass')
  if (all === undefined) return []
  return [`rule '${all.rule.match}' matches every name that the server is asked for, not only brokers' names`]
}
