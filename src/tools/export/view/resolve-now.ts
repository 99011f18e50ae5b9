import type { Answer } from './dns-view.js'
import type { ExportRequest } from '../format.js'
import { hostExpression } from './host-pattern.js'
import { inOrder } from '../../../text/parallel.js'
import { ownerOf, ownerText, type LeftOut, type PlainAnswer, type PlainReply } from './plain-answers.js'
import { AnswerIndex } from './wildcards.js'

/** An answer without names: what its target resolves to now. */
export interface ResolvedAnswer extends PlainAnswer {
  readonly reply: Exclude<PlainReply, { kind: 'name' }>
}

/** How many targets are resolved at the same time. */
const atOnce = 16

/**
 * The answers with what their targets resolve to now, as the library resolves them (`allow`, nameservers and the like
 * included). A rule whose target can't be resolved is left out, and its names are passed on.
 */
export async function resolveNow(
  answers: readonly PlainAnswer[],
  { resolve }: Pick<ExportRequest, 'resolve'>,
  all: readonly Answer[],
  leftOut: LeftOut,
): Promise<readonly ResolvedAnswer[]> {
  const hosts = new Hosts(answers, all)
  const resolved: ResolvedAnswer[] = []
  const found = await inOrder(answers, atOnce, answer => addressesOf(answer, hosts.of(answer), resolve))
  answers.forEach((answer, index) => {
    const reply = found[index] ?? { kind: 'pass' }
    if (typeof reply === 'string') leftOut.add(answer.rule, reply)
    resolved.push({ ...answer, reply: typeof reply === 'string' ? { kind: 'pass' } : reply })
  })
  return resolved
}

/** The reply with addresses; a text where there are none: why. */
async function addressesOf(
  { reply }: PlainAnswer,
  host: string | undefined,
  resolve: ExportRequest['resolve'],
): Promise<ResolvedAnswer['reply'] | string> {
  if (reply.kind === 'pass' || reply.kind === 'none') return reply
  // No name comes to it: others are before it.
  if (host === undefined) return { kind: 'pass' }
  const targets = reply.kind === 'name' ? [reply.name] : reply.addresses
  try {
    const { addresses } = await resolve(host)
    const own = addresses.filter(({ target }) => targets.includes(target.replace(/\.$/, '')))
    const texts = [...new Set(own.map(({ address }) => address))].sort()
    if (texts.length > 0) return { kind: 'addresses', addresses: texts }
    return `its target '${targets.join(', ')}' has no address now`
  } catch (error) {
    // No more: what servers said, and how soon, is not the same twice.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return `its target '${targets.join(', ')}' can't be resolved now (${code}): explain tells why`
  }
}

/** For an answer, a host that is led by it and by no other. */
class Hosts {
  readonly #index: AnswerIndex
  readonly #others: readonly { readonly order: number; readonly expression: RegExp }[]

  constructor(answers: readonly PlainAnswer[], all: readonly Answer[]) {
    this.#index = new AnswerIndex(answers)
    this.#others = all.flatMap(({ pattern }, order) =>
      ownerOf(pattern) === undefined ? [{ order, expression: hostExpression(pattern) }] : [],
    )
  }

  of(answer: PlainAnswer): string | undefined {
    const isBefore = (host: string) =>
      this.#others.some(({ order, expression }) => order < answer.order && expression.test(host))
    return candidates(answer).find(host => this.#index.of(host) === answer && !isBefore(host))
  }
}

const made = 'kafka-split-dns-export'

/** Names that nobody has: rules that read whole labels are for some of them, so there are several. */
function candidates(answer: PlainAnswer): readonly string[] {
  if (!answer.isWildcard) return [answer.name]
  const below = ownerText({ ...answer, isWildcard: false })
  const labels = [made, `${made}-1`, `${made}_`, 'kafkasplitdns', '0']
  const heads = [...labels, ...labels.flatMap(label => [`${label}.${made}`, `${label}.${label}.${made}`])]
  return heads.map(head => (below === '' ? `${head}.${made}` : `${head}.${below}`)).filter(host => host.length <= 253)
}
