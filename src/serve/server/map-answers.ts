import type { Family } from '../../../lib/address/address.js'
import type { Via } from '../../../lib/server/answerer.js'
import type { ReceivedQuery } from '../../../lib/server/read-query.js'
import { addressBody, codeBody, encodeReply, negativeBody, type ReplyBody } from '../../../lib/server/reply.js'
import { codeOf } from '../../../lib/thrown.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Seconds } from '../../../lib/units.js'
import type { ConnectContext } from '../../connect/context.js'
import type { Plan, TargetOutcome } from '../../connect/plan.js'
import { usableOutcomes } from '../../connect/report/outcome.js'
import { findOutcomes, peekTargets, reportLookup } from '../../connect/target/resolve-targets.js'
import type { CompiledMap } from '../../map/types.js'
import type { QuestionOutcome } from '../../observe/events.js'
import type { ServedNames } from './served-names.js'

export interface MapAnswersOptions {
  readonly context: ConnectContext
  readonly names: ServedNames
  /** Sends a question on as it came. */
  readonly passOn: (query: ReceivedQuery, via: Via) => Promise<Buffer>
  /** The address where a relay listens; undefined where there is none. */
  readonly relayAddress: (host: string, ports: readonly number[]) => string | undefined | Promise<string | undefined>
  readonly report: (outcome: QuestionOutcome, query: ReceivedQuery) => void
}

/** The latest body for a plan and family, written once for the same answer. */
interface Written {
  readonly addresses: readonly unknown[]
  readonly ttl: Seconds
  readonly body: ReplyBody
}

const typeA = 1
const typeAaaa = 28
const classIn = 1
/** A client must see a move soon: what it keeps longer than this, no reload can change. */
const maxTtl: Seconds = 30
/** So long a client may remember that a name of the map has no such record. */
const nodataTtl: Seconds = 30
/** So long that a name of the map can't be resolved: it may be any moment. */
const failureTtl: Seconds = 1
const refusedTtl: Seconds = 5

/** Answers questions for names of the map from the map, and passes all others on. */
export class MapAnswers {
  readonly #options: MapAnswersOptions
  readonly #written: Readonly<Record<Family, WeakMap<Plan, Written>>> = { 4: new WeakMap(), 6: new WeakMap() }

  constructor(options: MapAnswersOptions) {
    this.#options = options
  }

  /** The reply: at once where all is at hand. */
  readonly answer = (query: ReceivedQuery, via: Via): Buffer | Promise<Buffer> => {
    const map = this.#options.context.currentMap()
    return map === undefined ? this.#answerLate(query, via) : this.#answerBy(map, query, via)
  }

  #answerBy(map: CompiledMap, query: ReceivedQuery, via: Via): Buffer | Promise<Buffer> {
    const named = this.#options.names.find(map, query.name)
    if (named.kind === 'passed' || query.class !== classIn) return this.#pass(query, via)
    if (named.kind === 'refused') return this.#reply(query, 'refused', negativeBody('NXDOMAIN', refusedTtl))
    if (named.kind === 'unserved') return this.#reply(query, 'failed', negativeBody('NXDOMAIN', failureTtl))
    const family = query.type === typeA ? 4 : query.type === typeAaaa ? 6 : undefined
    if (family === undefined) return this.#nodata(query)
    if (named.kind === 'relay') return family === 6 ? this.#nodata(query) : this.#relay(query, named.ports)
    return this.#peek(named.plan, family, query) ?? this.#resolve(named.plan, family, query)
  }

  /** Before a map is in force nothing is known of a name: the client's next server is the better one then. */
  async #answerLate(query: ReceivedQuery, via: Via): Promise<Buffer> {
    const { context } = this.#options
    await mapOrTimeout(context)
    const map = context.currentMap()
    return map === undefined ? this.#reply(query, 'unanswered', codeBody('SERVFAIL')) : this.#answerBy(map, query, via)
  }

  async #pass(query: ReceivedQuery, via: Via): Promise<Buffer> {
    try {
      const answer = await this.#options.passOn(query, via)
      this.#options.report('passed', query)
      return answer
    } catch {
      return this.#reply(query, 'unanswered', codeBody('SERVFAIL'))
    }
  }

  #nodata(query: ReceivedQuery): Buffer {
    return this.#reply(query, 'nodata', negativeBody('NOERROR', nodataTtl))
  }

  #relay(query: ReceivedQuery, ports: readonly number[]): Buffer | Promise<Buffer> {
    const reply = (address: string | undefined) =>
      address === undefined
        ? this.#reply(query, 'failed', negativeBody('NXDOMAIN', failureTtl))
        : this.#reply(query, 'answered', addressBody([address], 4, maxTtl))
    const address = this.#options.relayAddress(query.name, ports)
    return address instanceof Promise ? address.then(reply) : reply(address)
  }

  /** The answer that needs no waiting. Other targets' addresses are added as far as they are at hand too. */
  #peek(plan: Plan, family: Family, query: ReceivedQuery): Buffer | undefined {
    const { context } = this.#options
    const { settings } = context
    if (settings.family !== 0 && settings.family !== family) return this.#nodata(query)
    const outcomes = usableOutcomes(peekTargets(context, plan, settings.family))
    const [first] = outcomes
    if (first === undefined) return undefined
    const ttl = ttlOf(outcomes)
    const written = this.#written[family].get(plan)
    const isOnly = plan.decision.route.targets.length === 1
    if (isOnly && written?.addresses === first.usable && written.ttl === ttl) return this.#answered(query, written.body)
    const body = bodyOf(outcomes, family)
    this.#written[family].set(plan, { addresses: first.usable, ttl, body })
    return this.#answered(query, body)
  }

  async #resolve(plan: Plan, family: Family, query: ReceivedQuery): Promise<Buffer> {
    const { context } = this.#options
    const indexes = [...plan.decision.route.targets.keys()]
    const deadlineMs = context.now() + context.settings.timeoutMs
    // Both families at once: a client asks for both, and a name without one of them exists all the same.
    const request = { plan, indexes, family: context.settings.family, deadlineMs, waitForAll: false }
    try {
      const outcomes = await reportLookup(context, plan, () => findOutcomes(context, request))
      return this.#answered(query, bodyOf(usableOutcomes(outcomes), family))
    } catch (error) {
      if (context.isClosed()) return this.#reply(query, 'unanswered', codeBody('SERVFAIL'))
      const isRefused = codeOf(error) === 'ERR_SPLIT_DNS_ADDRESS_REFUSED'
      return this.#reply(query, isRefused ? 'refused' : 'failed', negativeBody('NXDOMAIN', failureTtl))
    }
  }

  #answered(query: ReceivedQuery, body: ReplyBody): Buffer {
    return this.#reply(query, body.answers > 0 ? 'answered' : 'nodata', body)
  }

  #reply(query: ReceivedQuery, outcome: QuestionOutcome, body: ReplyBody): Buffer {
    this.#options.report(outcome, query)
    return encodeReply(query, body)
  }
}

const ttlOf = (outcomes: readonly TargetOutcome[]): Seconds =>
  Math.floor(Math.min(maxTtl, ...outcomes.map(({ answer }) => answer?.ttl ?? 0)))

function bodyOf(outcomes: readonly TargetOutcome[], family: Family): ReplyBody {
  const addresses = outcomes.flatMap(({ usable }) => usable).filter(address => address.family === family)
  const distinct = [...new Set(addresses.map(({ address }) => address))]
  const ttl = ttlOf(outcomes)
  return distinct.length === 0 ? negativeBody('NOERROR', ttl) : addressBody(distinct, family, ttl)
}

/** Resolves when a map is in force, there will never be one, or a look-up would have taken too long. */
function mapOrTimeout(context: ConnectContext): Promise<void> {
  return new Promise(resolve => {
    const timer = startTimer(resolve, context.settings.timeoutMs)
    const settle = () => {
      stopTimer(timer)
      resolve()
    }
    context.whenReady().then(settle, settle)
  })
}
