import type { Family } from '../../../lib/address/address.js'
import type { AllowList } from '../../../lib/address/allow-list.js'
import type { ResolveOptions } from '../../../lib/resolver/types.js'
import type { Decision, Fallback } from '../../map/types.js'
import type { ConnectSettings } from '../context.js'
import { Gate } from './gate.js'

/** A decision with the settings that hold for it: the rule's own, else the general ones. Shared between calls. */
export interface Plan {
  readonly decision: Decision
  readonly gate: Gate
  readonly fallback: Fallback
  /** How the targets are resolved, by family. */
  readonly ask: Readonly<Record<0 | Family, ResolveOptions>>
  /** True where a target's port was set by the map. */
  readonly setsPort: boolean
}

/** Gives each decision its plan; the same object for the same decision and the same gate for the same allow list. */
export type Plans = (decision: Decision) => Plan

export function createPlans(settings: ConnectSettings): Plans {
  const plans = new WeakMap<Decision, Plan>()
  const gates = new WeakMap<AllowList, Gate>()
  const openGate = new Gate(null)

  const gateFor = (allow: AllowList | null): Gate => {
    if (allow === null) return openGate
    const known = gates.get(allow)
    if (known !== undefined) return known
    const gate = new Gate(allow)
    gates.set(allow, gate)
    return gate
  }

  return decision => {
    const known = plans.get(decision)
    if (known !== undefined) return known
    const plan = makePlan(decision, settings, gateFor(decision.settings.allow ?? settings.allow))
    plans.set(decision, plan)
    return plan
  }
}

function makePlan(decision: Decision, settings: ConnectSettings, gate: Gate): Plan {
  const { nameservers } = decision.settings
  const fallback = decision.settings.fallback ?? settings.fallback
  const common = {
    // `original` comes after `system`, not in its place.
    fallback: fallback === 'none' ? ('none' as const) : ('system' as const),
    ...(nameservers === null ? {} : { upstreams: nameservers }),
  }
  const ask = { 0: { ...common, family: 0 }, 4: { ...common, family: 4 }, 6: { ...common, family: 6 } } as const
  return { decision, gate, fallback, ask, setsPort: decision.targetSetsPort.includes(true) }
}
