import { codeOf } from '../../../../lib/thrown.js'
import type { Answer } from './dns-view.js'
import type { ExportRequest } from '../format.js'
import { hostExpression } from './host-pattern.js'
import { mapLimited } from '../../../text/map-limited.js'
import { ownerOf, ownerText, type Omissions, type PlainAnswer, type PlainReply } from './plain-answers.js'
import { AnswerIndex } from './wildcards.js'

/** An answer with addresses: what its target resolves to now. */
export interface ResolvedAnswer extends PlainAnswer {
  readonly reply: Exclude<PlainReply, { kind: 'name' }>
}

/** How many names are resolved at once: a long list must not flood the nameserver. */
export const atOnce = 16

/** Only the code: the servers' answers and times differ from run to run, and the same map gives the same text. */
export const whyUnresolved = (error: unknown): string =>
  `can't be resolved (${codeOf(error) ?? 'unknown'}): explain says why`

/**
 * The answers with the current addresses of their targets, resolved as the library does (`allow`, nameservers and the
 * rest included). A rule whose target can't be resolved becomes an omission, and its names are passed on.
 */
export async function resolveNow(
  answers: readonly PlainAnswer[],
  { resolve }: Pick<ExportRequest, 'resolve'>,
  all: readonly Answer[],
  omissions: Omissions,
): Promise<readonly ResolvedAnswer[]> {
  const hosts = new Hosts(answers, all)
  const resolved: ResolvedAnswer[] = []
  const found = await mapLimited(answers, atOnce, answer => addressesOf(answer, hosts.of(answer), resolve))
  answers.forEach((answer, index) => {
    const reply = found[index] ?? { kind: 'pass' }
    if (typeof reply === 'string') omissions.add(answer.rule, reply)
    resolved.push({ ...answer, reply: typeof reply === 'string' ? { kind: 'pass' } : reply })
  })
  return resolved
}

/** The reply with addresses; where there are none a text, the reason. */
async function addressesOf(
  { reply }: PlainAnswer,
  host: string | undefined,
  resolve: ExportRequest['resolve'],
): Promise<ResolvedAnswer['reply'] | string> {
  if (reply.kind === 'pass' || reply.kind === 'none') return reply
  // Earlier rules take all of its names.
  if (host === undefined) return { kind: 'pass' }
  const targets = reply.kind === 'name' ? [reply.name] : reply.addresses
  try {
    const { addresses } = await resolve(host)
    const own = addresses.filter(({ target }) => targets.includes(target.replace(/\.$/, '')))
    const texts = [...new Set(own.map(({ address }) => address))].sort()
    if (texts.length > 0) return { kind: 'addresses', addresses: texts }
    return `its target '${targets.join(', ')}' has no address`
  } catch (error) {
    return `its target '${targets.join(', ')}' ${whyUnresolved(error)}`
  }
}

/** Finds, for an answer, a host for which that answer decides. */
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

/** Names that don't exist. Several, because rules whose captures read whole labels match some of them. */
function candidates(answer: PlainAnswer): readonly string[] {
  if (!answer.isWildcard) return [answer.name]
  const below = ownerText({ ...answer, isWildcard: false })
  const labels = [made, `${made}-1`, `${made}_`, 'kafkasplitdns', '0']
  const heads = [...labels, ...labels.flatMap(label => [`${label}.${made}`, `${label}.${label}.${made}`])]
  return heads.map(head => (below === '' ? `${head}.${made}` : `${head}.${below}`)).filter(host => host.length <= 253)
}
