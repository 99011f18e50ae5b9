import type { Fallback } from './types.js'

/** One name, or several: a list, or one text with commas between them. */
export type TextList = string | readonly string[]

/** Where a rule leads: one target, a list in order, or targets by zone. */
export type RuleTarget = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** A pattern and its target, as a map writes them. */
export interface MapRule {
  readonly match: string | readonly string[]
  readonly to: RuleTarget
  /** Asked in place of the general ones. */
  readonly nameservers?: TextList
  /** CIDR blocks, in place of the general ones. */
  readonly allow?: TextList
  readonly fallback?: Fallback
}

/** A map as a plain object, of the same shape as the YAML document. */
export interface SplitDnsMap {
  readonly version?: 1
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly rules?: readonly MapRule[]
  readonly profiles?: Readonly<Record<string, readonly MapRule[]>>
}
