import type { Family } from '../../lib/address/address.js'
import type { ResolveOptions } from '../../lib/resolver/types.js'
import type { CompiledMap, Decision, Fallback } from '../map/types.js'
import type { Gate } from './target/gate.js'

/**
 * The one outcome of routing: what becomes of a host and port, with the settings that hold for it, the rule's own or
 * else the general ones. Shared between calls, never changed.
 */
export interface Plan {
  readonly map: CompiledMap
  /** As the client spelt it: errors repeat it so. The decision has it in lower case, without a final dot. */
  readonly host: string
  readonly port: number | undefined
  readonly decision: Decision
  /** `invalid`: no rule matches, and the text can't be a host's name, so that it is never looked up. */
  readonly outcome: 'map' | 'system' | 'refuse' | 'invalid'
  /** False where no rule is in force: everything is then Node's own. */
  readonly hasRules: boolean
  /** Why none is although a map is set: errors end in it. Where no map is set nothing is reported. */
  readonly whyNoRules: string | undefined
  /** True where the client asked for an address, for which Node calls no `lookup`. */
  readonly isLiteral: boolean
  /** True where the map sets the port of a target. */
  readonly setsPort: boolean
  readonly gate: Gate
  readonly fallback: Fallback
  /** How the targets are resolved, by family. */
  readonly resolveOptions: Readonly<Record<0 | Family, ResolveOptions>>
}

/** The plans of the map in force. */
export interface Plans {
  /**
   * What the map makes of the host and port: the same object while it is remembered. Throws `ERR_SPLIT_DNS_TARGET` where
   * a rule matches but gives no usable target.
   */
  find(map: CompiledMap, host: string, port: number | undefined): Plan
}
