import { codeOf } from '../../../../lib/thrown.js'
import type { Resolution } from '../../../connect/resolve.js'
import type { CompiledRule } from '../../../map/match/rule.js'
import type { RuleSettings } from '../../../map/types.js'
import type { Answer } from './dns-view.js'
import type { ExportRequest } from '../format.js'
import { hostExpression } from './host-pattern.js'
import { mapLimited } from '../../../text/map-limited.js'
import { ownerOf, ownerText, type Omissions, type PlainAnswer, type PlainReply } from './plain-answers.js'
import { AnswerIndex } from './wildcards.js'

/** An answer with addresses: what its target resolves to now. */
export interface ResolvedAnswer extends PlainAnswer {
  readonly reply: ResolvedReply
}

type ResolvedReply = Exclude<PlainReply, { kind: 'name' }>

/** How many names are resolved at once: a long list must not flood the nameserver. */
export const atOnce = 16

/** Only the code: the servers' answers and times differ from run to run, and the same map gives the same text. */
export const whyUnresolved = (error: unknown): string =>
  `can't be resolved (${codeOf(error) ?? 'unknown'}): explain says why`

/** Resolves a name that this rule matches, as the library does. */
export type ResolveByRule = (rule: CompiledRule, name: string, port?: number) => Promise<Pick<Resolution, 'addresses'>>

/** Resolves the names of rules with equal targets and settings once, where the targets don't depend on the name. */
export function resolveByRule({ resolve, read }: ExportRequest): ResolveByRule {
  const bySettings = new Map<RuleSettings, Map<string, ReturnType<ResolveByRule>>>()
  return ({ settings, targets }, name, port) => {
    const fallback = settings.fallback ?? read.settings.fallback
    const texts = targets.flatMap(({ host }) => (typeof host === 'string' ? [host] : []))
    if (fallback === 'original' || texts.length < targets.length) return resolve(name, port)
    const resolutions = bySettings.get(settings) ?? new Map<string, ReturnType<ResolveByRule>>()
    bySettings.set(settings, resolutions)
    const key = texts.join(' ')
    const resolution = resolutions.get(key) ?? resolve(name, port)
    resolutions.set(key, resolution)
    return resolution
  }
}

/**
 * The answers with the current addresses of their targets, resolved as the library does (`allow`, nameservers and the
 * rest included). A rule whose target can't be resolved becomes an omission, and its names are passed on.
 */
export async function resolveNow(
  answers: readonly PlainAnswer[],
  request: ExportRequest,
  all: readonly Answer[],
  omissions: Omissions,
): Promise<readonly ResolvedAnswer[]> {
  const hosts = new Hosts(answers, all)
  const rules = new Map(request.rules.map(({ rule }) => [rule.name, rule]))
  const resolve = resolveByRule(request)
  const found = await mapLimited(answers, atOnce, async (answer): Promise<ResolvedReply | string> => {
    const { reply } = answer
    if (reply.kind === 'pass' || reply.kind === 'none') return reply
    const [rule, host] = [rules.get(answer.rule), hosts.of(answer)]
    // Without a host, earlier rules take all of its names.
    if (rule === undefined || host === undefined) return { kind: 'pass' }
    return currentAddresses(reply.kind === 'name' ? [reply.name] : reply.addresses, resolve(rule, host))
  })
  return answers.map((answer, index) => {
    const reply = found[index] ?? { kind: 'pass' }
    if (typeof reply !== 'string') return { ...answer, reply }
    omissions.add(answer.rule, reply)
    return { ...answer, reply: { kind: 'pass' } }
  })
}

/** The reply with the targets' addresses; where there are none a text, the reason. */
async function currentAddresses(
  targets: readonly string[],
  resolution: ReturnType<ResolveByRule>,
): Promise<ResolvedReply | string> {
  try {
    const { addresses } = await resolution
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
