import type { Address, Family } from '../../../lib/address/address.js'
import type { ResolveOptions } from '../../../lib/resolver/types.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import type { Plan } from '../plan.js'
import { find, graceMs, report, traced, type Finding } from './resolve-targets.js'

/** What several look-ups wait for. */
interface Flight {
  readonly startedAtMs: Milliseconds
  readonly finding: Promise<Finding>
}

/**
 * Look-ups of all targets of a plan. One that starts while the same look-up is under way waits for that one, and gets a
 * report and an error of its own: thousands at once for a name that is not cached make one look-up.
 */
export class LookupFlights {
  readonly #context: ConnectContext
  // By the plan's own options, which are another object for each plan and family.
  readonly #flights = new Map<ResolveOptions, Flight>()

  constructor(context: ConnectContext) {
    this.#context = context
  }

  /** True while such a look-up is under way: what it asks for is then not known yet. */
  has(plan: Plan, family: 0 | Family): boolean {
    return this.#flights.has(plan.resolveOptions[family])
  }

  /** The addresses that may be used, at least one: else it rejects as `resolveTargets` does. */
  resolve(plan: Plan, family: 0 | Family): Promise<readonly Address[]> {
    return traced(plan, onEnd => {
      const startedAtMs = this.#context.now()
      const known = this.#flights.get(plan.resolveOptions[family])
      // An older one is given up before this look-up's own time is over.
      const isYoung = known !== undefined && startedAtMs - known.startedAtMs <= graceMs
      const { finding } = isYoung ? known : this.#start(plan, family, startedAtMs)
      return finding.then(found => {
        report(this.#context, plan, found, startedAtMs, onEnd)
        return found.addresses
      })
    })
  }

  #start(plan: Plan, family: 0 | Family, startedAtMs: Milliseconds): Flight {
    const key = plan.resolveOptions[family]
    const indexes = [...plan.decision.route.targets.keys()]
    const deadlineMs = startedAtMs + this.#context.settings.timeoutMs
    const finding = find(this.#context, { plan, indexes, family, deadlineMs, waitForAll: false })
    const flight = { startedAtMs, finding }
    this.#flights.set(key, flight)
    const leave = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    finding.then(leave, leave)
    return flight
  }
}
